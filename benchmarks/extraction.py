"""How well does the extraction label scraped pages, and how much of their body does it find?

Runs the extraction over every page of a directory that has a table of expected labels beside it (NAME.toml for NAME.txt
or NAME.html; tests/corpora shows the form). For each page it prints how many blocks came out with the right kind and
credit, and the F1 of the body's shingles; then means by language and form. A page whose table lies elsewhere: --labels
DIR.

    python benchmarks/extraction.py [--articles DIR] [--labels DIR] [--quiet]
"""

import argparse
import re
import statistics
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from triwire.v1.article_pb2 import Article, Block, BlockKind, Cleaning, Content
from triwire_server.text.characters import visible
from triwire_server.text.extract import extract_article
from triwire_server.text.html import html_blocks, plain_text
from triwire_server.text.normalize import normalize
from triwire_server.text.pages.lexicon import bullet_end
from triwire_server.text.pages.web_page import readable

CORPORA = Path(__file__).resolve().parent.parent / "tests" / "corpora"
PARAGRAPHS = frozenset({"PARAGRAPH", "QUOTE", "LIST_ITEM"})
BODY = PARAGRAPHS | {"HEADLINE", "STANDFIRST", "SUBHEADING"}
SHINGLE_TOKENS = 4

Row = tuple[str, str, str]
"""(kind, beginning, credit) of a block, as a reader labels it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What extraction made of one page."""

    name: str
    language: str
    form: str
    """"html" or "flat"."""

    right: int
    total: int
    extra: int
    """Blocks that came out minus blocks that were expected."""

    wrong: list[str]
    body_f1: float
    """Of headline, standfirst, subheadings, paragraphs, quotations and list items."""

    paragraph_f1: float
    """Of paragraphs, quotations and list items alone."""

    seconds: float


def read_page(page: Path) -> str:
    """The text of a page file with its line ends as they are."""
    return page.read_bytes().decode("utf-8")


def extract_file(page: Path) -> Article:
    """The article of a page file: HTML or flattened text by its suffix, read with CLEANING_PAGE."""
    text = read_page(page)
    if page.suffix == ".html":
        return extract_article(Content(html=text, cleaning=Cleaning.CLEANING_PAGE))
    return extract_article(Content(text=text, cleaning=Cleaning.CLEANING_PAGE))


def read_table(path: Path) -> tuple[str, list[Row]]:
    """(language, rows) of a table of expected labels."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [(kind, beginning, rest[0] if rest else "") for kind, beginning, *rest in table["blocks"]]
    return table["language"], rows


def compare(blocks: list[Block], expected: list[Row]) -> list[str]:
    """What is wrong, one line for each expected block that is not there or has another kind or credit.

    Blocks are found by how they begin, in order: a block too many does not make all that follow wrong.
    """
    wrong: list[str] = []
    position = 0
    for kind, beginning, credit in expected:
        found = next(
            (
                index
                for index in range(position, len(blocks))
                if visible(plain_text(blocks[index])).startswith(visible(beginning))
            ),
            None,
        )
        if found is None:
            wrong.append(f"{kind} {beginning!r}: no such block")
            continue
        position = found + 1
        block = blocks[found]
        actual = kind_of(block)
        if actual != kind:
            wrong.append(f"{kind} {beginning!r}: became {actual}")
        elif block.credit != credit:
            wrong.append(f"{kind} {beginning!r}: credit {block.credit!r} instead of {credit!r}")
    return wrong


def kind_of(block: Block) -> str:
    """The kind without its prefix: "PARAGRAPH"."""
    return BlockKind.Name(block.kind).removeprefix("BLOCK_KIND_")


def expected_texts(page: Path, rows: Iterable[Row]) -> list[tuple[str, str]]:
    """(kind, text) of every expected block, cut from the page itself, so that no label of the extraction counts.

    In a flattened page a block reaches from the line that begins like it to the next such line; in HTML it is one run
    of text of the page.

    Raises:
        ValueError: a block of the table is not in the page.
    """
    if page.suffix == ".html":
        units = [readable(block) for block in html_blocks(read_page(page), keep_elements=False)]
    else:
        units = [line for line in normalize(read_page(page)).split("\n") if line.strip()]
    texts: list[tuple[str, list[str]]] = []
    position = 0
    for kind, beginning, _ in rows:
        for index in range(position, len(units)):
            unit = units[index].strip()
            if unit.startswith(beginning) or unit[bullet_end(unit) :].startswith(beginning):
                break
            if texts:
                texts[-1][1].append(units[index])
        else:
            raise ValueError(f"{page.name} has no block that begins with {beginning!r} where the table has it")
        texts.append((kind, [units[index]]))
        position = index + 1
    if texts:
        texts[-1][1].extend(units[position:])
    return [(kind, "\n".join(lines)) for kind, lines in texts]


def shingles(texts: Iterable[str], language: str) -> Counter[tuple[str, ...]]:
    """Runs of four tokens of a text, as a multiset; tokens are words, in Japanese characters."""
    pattern = r"\w" if language == "ja" else r"\w+"
    tokens = re.findall(pattern, "\n".join(texts).lower())
    if len(tokens) < SHINGLE_TOKENS:
        return Counter([tuple(tokens)] if tokens else [])
    return Counter(zip(*(tokens[start:] for start in range(SHINGLE_TOKENS)), strict=False))


def f1(found: Counter[tuple[str, ...]], expected: Counter[tuple[str, ...]]) -> float:
    """Harmonic mean of precision and recall of two multisets, 0 to 1; 1 if both are empty."""
    total = found.total() + expected.total()
    return 2 * (found & expected).total() / total if total else 1.0


def measure(page: Path, table: Path) -> Result:
    """Extract one page and compare it with its table."""
    language, rows = read_table(table)
    started = time.perf_counter()
    blocks = list(extract_file(page).blocks)
    seconds = time.perf_counter() - started
    wrong = compare(blocks, rows)
    expected = expected_texts(page, rows)
    scores = [
        f1(
            shingles((plain_text(block) for block in blocks if kind_of(block) in kinds), language),
            shingles((text for kind, text in expected if kind in kinds), language),
        )
        for kinds in (BODY, PARAGRAPHS)
    ]
    return Result(
        name=page.name,
        language=language,
        form="html" if page.suffix == ".html" else "flat",
        right=len(rows) - len(wrong),
        total=len(rows),
        extra=len(blocks) - len(rows),
        wrong=wrong,
        body_f1=scores[0],
        paragraph_f1=scores[1],
        seconds=seconds,
    )


def measure_all(articles: Path, labels: Path) -> list[Result]:
    """Results of all pages of a directory that have a table."""
    pages = sorted(page for page in articles.iterdir() if page.suffix in (".txt", ".html"))
    return [measure(page, table) for page in pages if (table := labels / f"{page.stem}.toml").exists()]


def print_results(results: list[Result], *, quiet: bool) -> None:
    """A line for each page, with what is wrong unless quiet, and the means by language and form."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        extra = f", {result.extra:+} blocks" if result.extra else ""
        print(
            f"{result.name:24} {result.right:3} of {result.total:3} right, F1 body {result.body_f1:.3f}, "
            f"paragraphs {result.paragraph_f1:.3f}, {result.seconds * 1000:6.1f} ms{extra}"
        )
        for line in [] if quiet else result.wrong:
            print(f"    {line}")
        groups[f"{result.language} {result.form}"].append(result)
    for name, group in [*sorted(groups.items()), ("all", results)]:
        right, total = sum(result.right for result in group), sum(result.total for result in group)
        print(
            f"{name:24} {right:3} of {total:3} right ({right / total:.1%}), "
            f"F1 body {statistics.fmean(result.body_f1 for result in group):.3f}, "
            f"paragraphs {statistics.fmean(result.paragraph_f1 for result in group):.3f}, "
            f"median {statistics.median(result.seconds for result in group) * 1000:.1f} ms, {len(group)} pages"
        )


def main() -> int:
    """Print the figures; 1 if a block is wrong, 2 if there was nothing to read."""
    parser = argparse.ArgumentParser(description="How well does the extraction label scraped pages?")
    parser.add_argument("--articles", type=Path, default=CORPORA, help="directory of pages (default: tests/corpora)")
    parser.add_argument("--labels", type=Path, help="directory of the tables, if not that of the pages")
    parser.add_argument("--quiet", action="store_true", help="figures only, without the blocks that are wrong")
    options = parser.parse_args()
    results = measure_all(options.articles, options.labels or options.articles)
    if not results:
        print(f"no page with a table in {options.articles}", file=sys.stderr)
        return 2
    print_results(results, quiet=options.quiet)
    return int(any(result.wrong for result in results))


if __name__ == "__main__":
    sys.exit(main())
