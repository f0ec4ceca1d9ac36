"""No input makes the reading of a page slow: neither a line for one pattern nor a long text for all of them.

Times are of the process and the bounds hundreds of times what is measured, so that a busy machine does not fail them;
what they exclude (a pattern that backtracks, a loop over all pairs of lines) takes minutes or hours.
"""

import re
import time
from collections.abc import Iterator
from types import ModuleType

import pytest

from triwire.v1.article_pb2 import Cleaning, Content
from triwire_server.text import html, html_tokens
from triwire_server.text.extract import extract_article
from triwire_server.text.pages import credit_lines, evidence, flat_lines, flat_page, lexicon, line_ends, web_page

MODULES = (credit_lines, evidence, flat_lines, flat_page, html, html_tokens, lexicon, line_ends, web_page)
LONGEST_LINE = 420
UNITS = (
    "a",
    "A ",
    "Ab",
    "by A",
    "by Ada, ",
    "#a,",
    "#가·",
    "＃港、",
    "가",
    "기자 ",
    "글가나 기자",
    "港",
    "港・",
    "記者",
    "1",
    "1.",
    "2026년 1",
    "2026年1月1日",
    "comments ",
    "cookies we use ",
    "newsletter sign ",
    "(",
    "(A/",
    "＝",
    "＝港、",
    "/가",
    " ",
    ". ",
    "-",
    "사진=",
    "Photo: ",
    '="',
    "<a ",
    "a@a.",
)


def patterns(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    for name, value in vars(module).items():
        for pattern in value if isinstance(value, tuple) else (value,):
            if isinstance(pattern, re.Pattern):
                yield f"{module.__name__}.{name}", pattern


PATTERNS = [found for module in MODULES for found in patterns(module)]


def test_all_modules_with_patterns_are_covered() -> None:
    assert len(PATTERNS) > 30
    assert {name.rsplit(".", 1)[0] for name, _ in PATTERNS} == {module.__name__ for module in MODULES}


@pytest.mark.parametrize(("name", "pattern"), PATTERNS, ids=range(len(PATTERNS)))
def test_no_line_makes_a_pattern_backtrack(name: str, pattern: re.Pattern[str]) -> None:
    started = time.process_time()
    for unit in UNITS:
        for prefix in ("", "By ", "【", "Updated 1"):
            for suffix in ("", "!"):
                line = prefix + (unit * LONGEST_LINE)[: LONGEST_LINE - len(prefix) - 1] + suffix
                pattern.search(line)
                pattern.fullmatch(line)
    # 500 calls: well under a second.
    assert time.process_time() - started < 60, name


PARAGRAPH = "The harbour of Westmere reopened on Monday after the storm, and the first ferry left at noon."
TEXTS = (
    PARAGRAPH + "\n\n",
    PARAGRAPH + " ",
    "Harbour opens again today\n",
    "12\n",
    "Most read\nHarbour opens again today\n" + PARAGRAPH + "\n",
    "Comments (3)\n" + PARAGRAPH + "\nReply\n1 hour ago\n",
    "\u0301",  # COMBINING ACUTE ACCENT
    "  • x\n",
    "(",
    "항구가 다시 열렸다고 시장이 밝혔다.\n",  # The harbour has reopened, the mayor said.
    "港",
)


@pytest.mark.parametrize("unit", TEXTS, ids=range(len(TEXTS)))
def test_a_long_text_is_labelled_in_linear_time(unit: str) -> None:
    started = time.process_time()
    extract_article(Content(text=(unit * 200_000)[:200_000], cleaning=Cleaning.CLEANING_PAGE))
    # A second or less; pairs of lines would be 10 ** 9 steps and more.
    assert time.process_time() - started < 60


def test_distinct_headlines_above_a_body_are_compared_in_linear_time() -> None:
    text = "\n".join(f"Harbour number {number} opens again today" for number in range(20_000))
    started = time.process_time()
    extract_article(Content(text=f"{text}\n{PARAGRAPH}\n{PARAGRAPH} Again.", cleaning=Cleaning.CLEANING_PAGE))
    assert time.process_time() - started < 60


@pytest.mark.parametrize("unit", ["<div>x", "<b>x", "x<br>", "<p>x", "<a href='", "&#1;", "<li><a href=/x>Harbour</a>"])
@pytest.mark.parametrize("cleaning", [Cleaning.CLEANING_PAGE, Cleaning.CLEANING_NONE])
def test_long_markup_is_read_in_linear_time(unit: str, cleaning: Cleaning.ValueType) -> None:
    started = time.process_time()
    extract_article(Content(html=(unit * 100_000)[:100_000], cleaning=cleaning))
    assert time.process_time() - started < 60
