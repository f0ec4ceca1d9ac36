"""Paragraphs, translations, pages, articles and terms in three languages, for timing functions on text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from triwire.v1.article_pb2 import Article, BlockKind, Cleaning, Content
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.extract import extract_article
from triwire_server.text.html import plain_text
from triwire_server.text.normalize import normalize
from triwire_server.text.segment import split_sentences
from ways.news_data import FIELDS, Line, load_news, to_article

ROOT = Path(__file__).resolve().parent.parent.parent
OWN_PAGES = (ROOT / "tests" / "corpora", ROOT / "examples" / "articles")
OWN_PARALLEL = ROOT / "tests" / "corpora" / "parallel"
NUM_TERMS = 10_000
_WORD = re.compile(r"[A-Za-z]+|[가-힣]+|[\u30a1-\u30fc]+|[\u4e00-\u9fff]+")  # Latin, Hangul, katakana, Han


@dataclass(frozen=True, slots=True)
class Pair:
    """A paragraph and its translation."""

    source: str
    target: str
    target_language: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What is at hand in one language."""

    language: str
    paragraphs: Sequence[str]
    pairs: Sequence[Pair]
    pages: Sequence[Content]
    articles: Sequence[tuple[Article, Sequence[str]]]
    """Articles, each with statements about it in its own language and in the others."""

    terms: Sequence[GlossaryTerm]
    """Made names, which hardly occur."""

    pair_terms: Sequence[GlossaryTerm]
    """The longest word of each source as a term whose form in the target is the longest word there."""


def read_samples(data: Path | None) -> list[Sample]:
    """What is at hand in each language.

    Args:
        data: directory of parallel news; None: the repository's own articles. Its pages are there in any case.

    Raises:
        ValueError: see `load_news`.
    """
    documents = load_news(data or OWN_PARALLEL).documents
    pages = {language: list(_own_pages(language)) for language in FIELDS}
    terms = make_terms(NUM_TERMS)
    samples = []
    for language in FIELDS:
        joined = [paragraph for lines in documents.values() for paragraph in _join_lines(lines, language)]
        paragraphs = [text for text, _ in joined]
        if data is None:
            paragraphs += [
                plain_text(block)
                for page in pages[language]
                for block in extract_article(page).blocks
                if block.kind == BlockKind.BLOCK_KIND_PARAGRAPH
            ]
        whole = [_as_page(lines, language) for lines in documents.values()]
        pairs = [
            Pair(text, " ".join(line.texts[other] for line in lines), other)
            for text, lines in joined
            for other in FIELDS
            if other != language
        ]
        samples.append(
            Sample(
                language=language,
                paragraphs=paragraphs,
                pairs=pairs,
                pages=[*pages[language], *whole],
                articles=[(to_article(lines, language), _statements(lines)) for lines in documents.values()],
                terms=terms,
                pair_terms=[
                    GlossaryTerm(
                        forms={language: longest_word(pair.source), pair.target_language: longest_word(pair.target)}
                    )
                    for pair in pairs
                ],
            )
        )
    return samples


def longest_word(text: str) -> str:
    """The longest run of letters of one script; the first of them."""
    return max(_WORD.findall(text), key=len, default="")


def make_terms(count: int) -> list[GlossaryTerm]:
    """So many terms with forms in three languages: made names, most of which occur in no article."""
    english = [first + last for first in _ENGLISH for last in _ENGLISH]
    korean = [first + last for first in _KOREAN for last in _KOREAN]
    japanese = [first + last for first in _JAPANESE for last in _JAPANESE]
    return [
        GlossaryTerm(
            forms={
                "en": f"{english[number % len(english)].title()} {english[number // len(english)].title()}",
                "ko": korean[number % len(korean)] + korean[number // len(korean)],
                "ja": japanese[number % len(japanese)] + japanese[number // len(japanese)],
            },
            case_insensitive=number % 4 == 0,
        )
        for number in range(count)
    ]


_ENGLISH = "har bor east mere salt marsh north calder var row hol den kit ber wick lun".split()
_KOREAN = "가 람 솔 뫼 한 강 동 해 서 울 남 산 백 도 현 윤".split()
_JAPANESE = "北 野 東 山 川 港 森 島 大 和 田 中 村 上 石 原".split()


def _own_pages(language: str) -> Iterator[Content]:
    for directory in OWN_PAGES:
        for path in sorted(directory.glob(f"*.{language}.*")):
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".txt":
                yield Content(text=text, cleaning=Cleaning.CLEANING_PAGE)
            elif path.suffix == ".html":
                yield Content(html=text, cleaning=Cleaning.CLEANING_PAGE)


def _as_page(lines: Sequence[Line], language: str) -> Content:
    text = "\n\n".join(line.texts[language] for line in lines if line.texts.get(language))
    return Content(text=normalize(text), cleaning=Cleaning.CLEANING_PAGE)


def _join_lines(lines: Sequence[Line], language: str) -> Iterator[tuple[str, Sequence[Line]]]:
    """Paragraphs of two lines, with the lines; those that lack a language are left out."""
    usable = [line for line in lines if all(line.texts.get(other) for other in FIELDS)]
    for index in range(0, len(usable), 2):
        pair = usable[index : index + 2]
        yield ("" if language == "ja" else " ").join(line.texts[language] for line in pair), pair


def _statements(lines: Sequence[Line]) -> list[str]:
    """Three statements of an article, each in every language, the languages in turns: en, ko, ja, en, ..."""
    usable = [line for line in lines if all(line.texts.get(other) for other in FIELDS)]
    chosen = usable[:: max(1, len(usable) // 3)][:3]
    sentences = []
    for line in chosen:
        for language in FIELDS:
            text = line.texts[language]
            start, end = split_sentences(text, language)[0]
            sentences.append(text[start:end].strip())
    return sentences
