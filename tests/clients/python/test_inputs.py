from pathlib import Path

import pytest

from triwire_client.inputs import read_content


@pytest.mark.parametrize(
    ("name", "html"),
    [
        ("page.xhtml", "<p>Tom &amp; Ina &lt;both&gt; left.</p>"),
        ("page.html", "<p><![CDATA[Tom & Ina <both> left.]]></p>"),  # a comment, as HTML has it
    ],
)
def test_cdata_of_an_xhtml_file_is_text(tmp_path: Path, name: str, html: str) -> None:
    path = tmp_path / name
    path.write_text("<p><![CDATA[Tom & Ina <both> left.]]></p>", encoding="utf-8")
    assert read_content(str(path)).html == html
