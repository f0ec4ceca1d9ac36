"""What the tests ask of the Markdown files: links, headings, code blocks."""

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OUTSIDE = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "proto/README.md",
        "clients/typescript/README.md",
        "tests/corpora/README.md",
    )
]
"""Documents that a code host shows and the site does not."""


@dataclass(frozen=True)
class Block:
    """A code block: the file it is in, the line it begins at, its language ("" if it names none) and its text."""

    path: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        """Where it is, for messages and names of tests."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def documents() -> list[Path]:
    """Every document of the project. `docs/changelog.md` is the changelog under a second name."""
    pages = [path for path in sorted(DOCS.rglob("*.md")) if not path.is_symlink()]
    return [*OUTSIDE, *pages]


@cache
def parsed(path: Path) -> list[Token]:
    """The tokens of a document as a code host reads it."""
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    """Targets of the links and images of a document."""
    found = []
    for token in _inline(path):
        if token.type in ("link_open", "image"):
            found.append(str(token.attrs["href" if token.type == "link_open" else "src"]))
    return found


def running_text(path: Path) -> str:
    """Text that is neither code nor the text of a link."""
    words, depth = [], 0
    for token in _inline(path):
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not depth:
            words.append(token.content)
    return "\n".join(words)


def anchors(path: Path) -> list[str]:
    """The fragments that lead to the headings of a document, on a code host as on the site."""
    tokens = parsed(path)
    return [slug(_text(tokens[index + 1])) for index, token in enumerate(tokens) if token.type == "heading_open"]


def slug(heading: str) -> str:
    """The fragment of a heading: lower case, spaces as hyphens, no punctuation."""
    text = unicodedata.normalize("NFC", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def code_blocks(path: Path) -> list[Block]:
    """The fenced and indented code blocks of a document."""
    return [
        Block(path, (token.map or [0])[0] + 1, token.info.split(" ")[0], token.content)
        for token in parsed(path)
        if token.type in ("fence", "code_block")
    ]


def texts(document: str, *languages: str) -> list[str]:
    """The code blocks of a document, named from the root, that are in one of some languages."""
    return [block.text for block in code_blocks(ROOT / document) if block.language in languages]


def inline_code(path: Path) -> list[str]:
    """What stands between backquotes in running text."""
    return [token.content for token in _inline(path) if token.type == "code_inline"]


def destination(path: Path, link: str) -> tuple[Path, str] | None:
    """The file and the fragment that a link leads to; None if it leads out of the repository."""
    if re.match(r"[a-z]+:", link):
        return None
    name, _, fragment = unquote(link).partition("#")
    return Path(os.path.normpath(path.parent / name)) if name else path, fragment


def _inline(path: Path) -> Iterator[Token]:
    for token in parsed(path):
        yield from token.children or ()


def _text(heading: Token) -> str:
    return "".join(token.content for token in heading.children or () if token.type in ("text", "code_inline"))
