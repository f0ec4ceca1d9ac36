import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from tests.clients.python.review.results import QUOTES, SCRIPT, example, hostile
from triwire.v1.article_pb2 import BLOCK_KIND_BOILERPLATE, BLOCK_KIND_PARAGRAPH, Article, Block, Location, TextRange
from triwire.v1.article_service_pb2 import (
    Finding,
    Model,
    ProcessArticleResponse,
    SummarizeResponse,
    Summary,
    SummaryPoint,
    TranslatedBlock,
    TranslateResponse,
    Translation,
    Usage,
)
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client import review_page

SOURCE = Article(
    language="en",
    blocks=[
        Block(block_id="b1", kind=BLOCK_KIND_PARAGRAPH, text="The work cost 3.4 million. It took a year."),
        Block(block_id="b2", kind=BLOCK_KIND_BOILERPLATE, text="Sign up & win"),
    ],
)
KOREAN = "공사비는 34만이었다. 1년이 걸렸다."  # "The work cost 340,000. It took a year."
WRONG = Finding(
    kind=Finding.KIND_NUMBER_MISMATCH,
    severity=Finding.SEVERITY_CRITICAL,
    source=Location(block_id="b1", range=TextRange(start=14, end=25)),
    target=TextRange(start=5, end=8),
    expected="3.4 million",
    actual="34만",
    message="a value became another one",
)


class Elements(HTMLParser):
    """Elements of a page with their attributes and the text in them, in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self._open: list[int] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}, []))
        if tag not in ("meta", "br", "input"):
            self._open.append(len(self.found) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.found[self._open.pop()][0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.found[index][2].append(data)

    def text(self, place: str) -> str:
        """Text of the element with an id."""
        ((_, _, parts),) = [found for found in self.found if found[1].get("id") == place]
        return "".join(parts)

    def having(self, **attributes: str) -> list[str]:
        """Texts of the elements with these attributes; `data_f` is `data-f`, `class_` is `class`."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return ["".join(parts) for _, given, parts in self.found if wanted.items() <= given.items()]


def result(**translation: object) -> ProcessArticleResponse:
    made = TranslatedBlock(block=Block(block_id="b1", kind=BLOCK_KIND_PARAGRAPH, text=KOREAN), findings=[WRONG])
    made.sentences.add(source=TextRange(start=0, end=26), target=TextRange(start=0, end=13))
    made.sentences.add(source=TextRange(start=27, end=42), target=TextRange(start=13, end=len(KOREAN)))
    whole = Translation(source_language="en", target_language="ko", blocks=[made], models=["m@1"])
    return ProcessArticleResponse(source=SOURCE, translations=[whole], usage=Usage(input_tokens=1234))


def test_a_finding_is_marked_in_both_texts_and_listed_with_what_was_expected_and_found() -> None:
    page = Elements(review_page(result()))
    assert page.having(data_f="1") == ["3.4 million", "34만"]
    assert page.having(data_f="1", class_="f stop") == ["3.4 million", "34만"]
    words = " ".join(page.text("finding-1").split())
    assert words == ("■ 1 stop number mismatchKorean (ko), block b1expected3.4 millionis34만a value became another one")
    assert page.text("at-1") == "■ 1 number mismatch"


def test_sentences_share_a_key_with_their_translations() -> None:
    page = Elements(review_page(result()))
    assert page.having(data_s="0-0-0") == ["The work cost 3.4 million.", "공사비는 34만이었다. "]
    assert page.having(data_s="0-0-1") == ["It took a year.", "1년이 걸렸다."]


def test_texts_have_their_languages() -> None:
    page = Elements(review_page(result()))
    assert page.having(lang="ko") == [KOREAN, "34만"]  # the second in the list of findings
    assert SOURCE.blocks[0].text in page.having(lang="en")


def test_what_is_no_part_of_the_article_is_folded_away_but_there() -> None:
    page = Elements(review_page(result()))
    (folded,) = ["".join(parts) for tag, _, parts in page.found if tag == "details"]
    assert folded == "1 block left out: boilerplateboilerplate b2Sign up & win"
    assert page.text("block-1") == "boilerplate b2Sign up & win"


def test_boilerplate_that_was_translated_all_the_same_is_not_folded() -> None:
    made = result()
    made.translations[0].blocks.add(block=Block(block_id="b2", kind=BLOCK_KIND_BOILERPLATE, text="구독"))  # "subscribe"
    page = Elements(review_page(made))
    assert not [tag for tag, _, _ in page.found if tag == "details"]
    assert page.text("translation-0-1") == "구독"


def test_a_finding_about_the_whole_text_marks_the_cell_and_no_words() -> None:
    made = result()
    whole = Finding(kind=Finding.KIND_WRONG_LANGUAGE, severity=Finding.SEVERITY_WARNING, expected="ko", actual="ja")
    whole.target.end = len(KOREAN)
    made.translations[0].blocks[0].findings[0].CopyFrom(whole)
    page = Elements(review_page(made))
    assert page.having(data_f="1") == []
    assert page.having(class_="whole look", id="translation-0-0")
    assert "wrong language" in page.text("finding-1")


def test_findings_are_numbered_as_a_reader_meets_them() -> None:
    made = result()
    summary = made.summaries.add(style="SUMMARY_STYLE_BULLETS", target_language="en", findings=[WRONG])
    summary.points.add(text="It took 2 years.", source_block_ids=["b1", "b9"], findings=[WRONG])
    made.translations[0].findings.append(WRONG)
    page = Elements(review_page(made))
    places = page.having(class_="where")
    assert places == [
        "bullets in English (en), as a whole",
        "bullets in English (en), statement 1",
        "Korean (ko), as a whole",
        "Korean (ko), block b1",
    ]
    assert page.having(data_f="1 2 3 4") == ["3.4 million"]  # all four name the passage of the source


def test_a_statement_of_a_summary_leads_to_the_blocks_that_it_rests_on() -> None:
    made = result()
    made.summaries.add(target_language="en").points.add(text="It took a year.", source_block_ids=["b1", "b9"])
    page = review_page(made)
    assert 'rests on <a href="#block-0">b1</a>, b9' in page
    assert 'id="block-0"' in page


def test_terms_are_marked_in_both_texts_and_counted() -> None:
    term = GlossaryTerm(forms={"en": "work", "ko": "공사비"})
    page = Elements(review_page(result(), terms=[term, GlossaryTerm(forms={"en": "pier", "ko": "부두"})]))
    assert page.having(title="term: work = 공사비") == ["work", "공사비"]
    table = "Glossary terms1 term marked in the textsEnglish (en)Korean (ko)work × 1공사비 × 1"
    assert page.having(aria_labelledby="terms") == [table]


def test_models_have_their_licenses_where_they_are_known() -> None:
    known = Model(model="m@1", license="CC-BY-NC-4.0", noncommercial=True, origin_uri="https://a.example/m")
    about = Elements(review_page(result(), models=[known])).having(aria_labelledby="about")[0]
    assert "m@1translation into Korean (ko)CC-BY-NC-4.0 commercial use is forbiddenhttps://a.example/m" in about
    assert "Tokens read1,234" in about
    about = Elements(review_page(result())).having(aria_labelledby="about")[0]
    assert "m@1translation into Korean (ko)not known here; triwire models lists it" in about


def test_what_failed_or_belongs_nowhere_is_told() -> None:
    made = result()
    made.translations[0].blocks.add(block=Block(block_id="zz", text="x"))
    missing = Elements(review_page(made, missing=["Japanese (ja): queue full"])).having(aria_labelledby="missing")
    assert missing == ["Not hereJapanese (ja): queue fullKorean (ko): 1 block with ids that the source does not have"]


def test_a_block_that_was_not_translated_says_so() -> None:
    made = result()
    del made.translations[0].blocks[:]
    assert Elements(review_page(made)).text("translation-0-0") == "not translated"


def test_results_of_translate_and_summarize_make_a_page_too() -> None:
    translated = TranslateResponse(translation=result().translations[0])
    assert Elements(review_page(translated, source=SOURCE)).text("translation-0-0").startswith(KOREAN)
    summarized = SummarizeResponse(source=SOURCE, summary=Summary(points=[SummaryPoint(text="A year of work")]))
    assert "A year of work" in Elements(review_page(summarized)).text("summary-0-0")


def test_a_result_without_its_article_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^source: the result does not repeat the article that was sent; give it$"):
        review_page(TranslateResponse(translation=result().translations[0]))


def test_values_of_a_newer_contract_do_not_stop_the_page() -> None:
    made = result()
    made.translations[0].blocks[0].findings[0].kind = 99  # type: ignore[assignment]  # of a newer server
    made.translations[0].blocks[0].findings[0].severity = 99  # type: ignore[assignment]  # of a newer server
    made.source.blocks[0].kind = 99  # type: ignore[assignment]  # of a newer server
    assert "look unspecified" in Elements(review_page(made)).text("finding-1")


def test_the_page_loads_nothing_and_runs_only_its_own_script_and_style() -> None:
    page = review_page(example())
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    (script,), (style,) = (
        re.findall(r"<script>(.*?)</script>", page, re.S),
        re.findall(r"<style>(.*?)</style>", page, re.S),
    )
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}';"
        " base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|\bsrc=|<link|\bfetch\(|XMLHttpRequest", page)


def test_a_hostile_result_stays_text() -> None:
    page = review_page(hostile(), missing=[SCRIPT], models=[Model(model=SCRIPT, license=SCRIPT, origin_uri=QUOTES)])
    elements = Elements(page)
    assert [tag for tag, _, _ in elements.found].count("script") == 1
    assert not [tag for tag, _, _ in elements.found if tag in ("img", "iframe", "object", "embed", "form", "svg")]
    for tag, attributes, _ in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "autofocus")], tag
        assert not attributes.get("href", "").lower().startswith(("javascript", "data"))
    assert SCRIPT in elements.text("finding-1")


def test_the_same_result_makes_the_same_page() -> None:
    assert review_page(example()) == review_page(example())


def test_the_page_needs_nothing_but_the_client() -> None:
    code = "import sys; sys.modules['rich'] = sys.modules['typer'] = None; from triwire_client import review_page"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
