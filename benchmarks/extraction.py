"""How many blocks of scraped pages get the right label?

Runs the extraction over every page of a directory that has a table of expected labels beside it (NAME.toml for NAME.txt
or NAME.html; tests/corpora shows the form) and prints, for each page, how many blocks came out with the right kind and
credit. A page whose table lies elsewhere: --labels DIR.

    python benchmarks/extraction.py [--articles DIR] [--labels DIR]
"""

import argparse
import sys
import tomllib
from pathlib import Path

from triwire.v1.article_pb2 import Article, Block, BlockKind, Cleaning, Content
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text

CORPORA = Path(__file__).resolve().parent.parent / "tests" / "corpora"


def extract_file(page: Path) -> Article:
    """The article of a page file: HTML or flattened text by its suffix, read with CLEANING_PAGE."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".html":
        return extract_article(Content(html=text, cleaning=Cleaning.CLEANING_PAGE))
    return extract_article(Content(text=text, cleaning=Cleaning.CLEANING_PAGE))


def compare(blocks: list[Block], expected: list[list[str]]) -> list[str]:
    """What is wrong, one line for each expected block that is not there or has another kind or credit.

    Blocks are found by how they begin, in order: a block too many does not make all that follow wrong.
    """
    wrong: list[str] = []
    position = 0
    for kind, beginning, *rest in expected:
        credit = rest[0] if rest else ""
        found = next(
            (index for index in range(position, len(blocks)) if plain_text(blocks[index]).startswith(beginning)), None
        )
        if found is None:
            wrong.append(f"{kind} {beginning!r}: no such block")
            continue
        position = found + 1
        block = blocks[found]
        actual = BlockKind.Name(block.kind).removeprefix("BLOCK_KIND_")
        if actual != kind:
            wrong.append(f"{kind} {beginning!r}: became {actual}")
        elif block.credit != credit:
            wrong.append(f"{kind} {beginning!r}: credit {block.credit!r} instead of {credit!r}")
    return wrong


def main() -> int:
    """Print the figures; 1 if a block is wrong, 2 if there was nothing to read."""
    parser = argparse.ArgumentParser(description="How many blocks of scraped pages get the right label?")
    parser.add_argument("--articles", type=Path, default=CORPORA, help="directory of pages (default: tests/corpora)")
    parser.add_argument("--labels", type=Path, help="directory of the tables, if not that of the pages")
    options = parser.parse_args()
    right = total = 0
    pages = sorted(page for page in options.articles.iterdir() if page.suffix in (".txt", ".html"))
    for page in pages:
        table = (options.labels or options.articles) / f"{page.stem}.toml"
        if not table.exists():
            print(f"{page.name:24} no {table.name}: left out")
            continue
        expected = tomllib.loads(table.read_text(encoding="utf-8"))["blocks"]
        article = extract_file(page)
        wrong = compare(list(article.blocks), expected)
        extra = len(article.blocks) - len(expected)
        print(
            f"{page.name:24} {len(expected) - len(wrong):3} of {len(expected):3} right"
            + (f", {extra:+} blocks" if extra else "")
        )
        for line in wrong:
            print(f"    {line}")
        right += len(expected) - len(wrong)
        total += len(expected)
    if not total:
        print(f"no page with a table in {options.articles}", file=sys.stderr)
        return 2
    print(f"{'all':24} {right:3} of {total:3} right ({right / total:.1%})")
    return int(right < total)


if __name__ == "__main__":
    sys.exit(main())
