"""Parallel news text as NTREX-128 has it: lines in three languages, documents that they make, reference summaries."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from triwire.v1.article_pb2 import Article, Block, BlockKind

FIELDS = {"en": "eng", "ko": "kor", "ja": "jpn"}
"""Names of the languages in the files."""

DIRECTIONS = (("en", "ko"), ("en", "ja"), ("ko", "en"), ("ja", "en"), ("ko", "ja"), ("ja", "ko"))

STYLES = ("headline", "bullets", "paragraph")

_TEXT_FILES = {
    "en": "newstest2019-src.eng.txt",
    "ko": "newstest2019-ref.kor.txt",
    "ja": "newstest2019-ref.jpn.txt",
}
_CLOSERS = "\"'”’」』)）"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document, the same in every language."""

    number: int
    """Place in the data, from 0."""

    document: str
    texts: Mapping[str, str]
    """By language; a language may lack."""


@dataclass(frozen=True, slots=True)
class NewsData:
    """A data directory."""

    lines: Sequence[Line]
    summaries: Mapping[tuple[str, str, str], Sequence[str]]
    """Reference summaries by document, language and style."""

    @property
    def documents(self) -> Mapping[str, Sequence[Line]]:
        """Lines of each document, in the order of the data."""
        return {name: list(lines) for name, lines in groupby(self.lines, key=lambda line: line.document)}


def load_news(directory: Path) -> NewsData:
    """Read `segments.jsonl`, or without it the three text files beside DOCUMENT_IDS.tsv, and `summaries.jsonl`.

    A line of segments.jsonl has "doc" and the texts "eng", "kor" and "jpn". A line of summaries.jsonl, which need not
    be there, has "doc", "style" (headline, bullets, paragraph) and a reference summary in any of "eng", "kor", "jpn".

    Raises:
        ValueError: a file lacks, does not fit the others, or has a line of another form; the message names it.
    """
    segments = directory / "segments.jsonl"
    lines = _read_segments(segments) if segments.is_file() else _read_text_files(directory)
    if not lines:
        raise ValueError(f"{directory}: no segments")
    names = [name for name, _ in groupby(line.document for line in lines)]
    if len(names) != len(set(names)):
        raise ValueError(f"{directory}: the lines of a document do not stand together")
    return NewsData(lines, _read_summaries(directory / "summaries.jsonl", set(names)))


def choose_lines(lines: Sequence[Line], source: str, target: str, limit: int, seed: int) -> list[Line]:
    """Lines that have both languages: all of them, or `limit` drawn at random, in the order of the data.

    Args:
        lines: of the data.
        source: language.
        target: language.
        limit: at most so many; 0: all.
        seed: of the draw; the same lines for every direction between languages that every line has.
    """
    usable = [line for line in lines if line.texts.get(source, "").strip() and line.texts.get(target, "").strip()]
    if limit and limit < len(usable):
        drawn = random.Random(seed).sample(range(len(usable)), limit)
        usable = [usable[index] for index in sorted(drawn)]
    return usable


def is_headline(lines: Sequence[Line]) -> bool:
    """Whether the first of the lines of a document is its headline: it ends without a full stop."""
    text = next((text for language in FIELDS if (text := lines[0].texts.get(language, "").strip())), "")
    return bool(text) and text.rstrip(_CLOSERS)[-1:] not in (".", "。", "…")


def to_article(lines: Iterable[Line], language: str, headline: Line | None = None) -> Article:
    """An article with a block for each line; block ids are "l" and the number of the line.

    Args:
        lines: of one document.
        language: of the article.
        headline: the line that is the headline, if it is among them.
    """
    return Article(
        language=language,
        blocks=[
            Block(
                block_id=f"l{line.number}",
                kind=BlockKind.BLOCK_KIND_HEADLINE if line is headline else BlockKind.BLOCK_KIND_PARAGRAPH,
                text=line.texts[language],
            )
            for line in lines
        ],
    )


def _read_segments(path: Path) -> list[Line]:
    return [
        Line(
            number,
            str(record["doc"]),
            {language: record[field] for language, field in FIELDS.items() if record.get(field)},
        )
        for number, record in enumerate(_records(path, "doc"))
    ]


def _read_text_files(directory: Path) -> list[Line]:
    columns = {language: _text_lines(directory / name) for language, name in _TEXT_FILES.items()}
    documents = [line.split("\t")[0] for line in _text_lines(directory / "DOCUMENT_IDS.tsv")]
    if len({len(documents), *(len(column) for column in columns.values())}) != 1:
        raise ValueError(f"{directory}: the text files and DOCUMENT_IDS.tsv have different numbers of lines")
    return [
        Line(number, document, {language: column[number] for language, column in columns.items()})
        for number, document in enumerate(documents)
    ]


def _text_lines(path: Path) -> list[str]:
    if not path.is_file():
        raise ValueError(f"{path.parent}: neither segments.jsonl nor {path.name}")
    # Not splitlines(), which also cuts at characters that may stand inside a line (U+2028, U+0085).
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def _read_summaries(path: Path, documents: set[str]) -> dict[tuple[str, str, str], list[str]]:
    made: dict[tuple[str, str, str], list[str]] = {}
    if not path.is_file():
        return made
    for number, record in enumerate(_records(path, "doc", "style"), 1):
        if record["doc"] not in documents or record["style"] not in STYLES:
            raise ValueError(f"{path}:{number}: no such document or style: {record['doc']!r}, {record['style']!r}")
        for language, field in FIELDS.items():
            if record.get(field):
                made.setdefault((record["doc"], language, record["style"]), []).append(record[field])
    return made


def _records(path: Path, *required: str) -> list[dict[str, str]]:
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}:{number}: no JSON: {error}") from error
        if not isinstance(record, dict) or any(name not in record for name in required):
            raise ValueError(f"{path}:{number}: an object with {', '.join(required)} is expected")
        records.append(record)
    return records
