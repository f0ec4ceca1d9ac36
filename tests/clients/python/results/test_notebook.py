import re

from tests.clients.python.results.test_written import Elements
from tests.clients.python.review.results import example, hostile
from triwire.v1 import article_service_pb2
from triwire_client import Result


def test_a_notebook_shows_titles_languages_texts_and_doubts() -> None:
    result = Result(example())
    shown = Elements(result._repr_html_())
    for text in (result.article, *result.translations.values()):
        assert "".join(text.title.split()) in "".join(shown.text.split())
    assert f"{len(result.findings)} findings" in shown.text
    for words in ("English (en)", "Korean (ko)", "Japanese (ja)", "bullets"):
        assert words in shown.text
    assert len([tag for tag, _ in shown.starts if tag == "mark"]) >= 1
    for finding in result.findings:
        assert finding.kind.replace("_", " ") in shown.text
    assert {"ko", "ja", "en"} <= {attributes.get("lang") for _, attributes in shown.starts}


def test_a_notebook_needs_nothing_else_and_keeps_the_theme_s_colours() -> None:
    written = Result(example())._repr_html_()
    assert not re.search(r"<(script|style|link|iframe|img)\b", written)
    assert not re.search(r'\b(src|id|class)="', written)  # two results in one notebook do not meet
    colours = set(re.findall(r"(?:color|background):([^;\"]+)", written))
    assert all(colour == "inherit" or re.fullmatch(r"rgba\(.*,\.3\d?\)", colour) for colour in colours), colours


def test_a_hostile_result_is_shown_as_text() -> None:
    shown = Elements(Result(hostile())._repr_html_())
    assert not {tag for tag, _ in shown.starts} & {"script", "img", "style", "title"}
    assert not [name for _, attributes in shown.starts for name in attributes if name.startswith("on")]


def test_a_result_without_its_article_and_an_empty_one_are_shown_too() -> None:
    translated = article_service_pb2.TranslateResponse()
    translated.translation.target_language = "ko"
    translated.translation.blocks.add().block.text = "항구가 열렸다."  # "The harbour opened."
    assert "항구가 열렸다." in Elements(Result(translated)._repr_html_()).text
    empty = Result(article_service_pb2.ProcessArticleResponse())
    assert "Article without a headline" in Elements(empty._repr_html_()).text
