"""Pictures of the review page for docs/review.md, from the example result beside this file.

`python examples/review/screenshots.py` writes docs/images/review-*.png. It needs playwright, chromium, and fonts with
Korean and Japanese letters (Debian: chromium, fonts-noto-cjk).
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf import json_format
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from examples.review.make_result import GLOSSARY, RESULT
from tests.clients.python.review.browser import chromium
from triwire.v1.article_service_pb2 import Model, ProcessArticleResponse
from triwire_client import review_page
from triwire_client.glossary_files import read_glossary

IMAGES = ROOT / "docs" / "images"


def main() -> None:
    """Take the pictures."""
    result = json_format.Parse(RESULT.read_text(encoding="utf-8"), ProcessArticleResponse())
    models = [Model(model=result.translations[0].models[0], license="Apache-2.0")]
    html = review_page(result, models=models, terms=read_glossary(str(GLOSSARY)).terms)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        file = Path(folder) / "review.html"
        file.write_text(html, encoding="utf-8")
        for scheme, name, shown in (("light", "ko", "0"), ("light", "ja", "1"), ("dark", "findings", "all")):
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1360, "height": 850})  # type: ignore[arg-type]  # one of its words
            page.goto(file.as_uri())
            page.locator(f"input[name=column][value='{shown}']").check()
            _arrange(page, name)
            picture = IMAGES / f"review-{name}.png"
            page.screenshot(path=picture)
            sys.stdout.write(f"{picture.relative_to(ROOT)} written\n")


def _arrange(page: Page, name: str) -> None:
    """Scroll to the passage that the picture is about."""
    page.locator("h1").click()
    if name == "findings":
        for _ in range(4):
            page.keyboard.press("n")
        return
    page.locator("#texts").evaluate("heading => scrollTo(0, heading.offsetTop - 70)")
    page.locator("td.source .s", has_text="over five months").first.hover()


if __name__ == "__main__":
    main()
