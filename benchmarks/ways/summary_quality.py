"""How good summaries are, as far as figures tell: what they cover, what they invent, what they copy, how long they are.

Units of comparison differ by language, because only English sets words apart. "Tokens" (for ROUGE and copied runs):
words in English; in Korean each syllable and in Japanese each letter, words in Latin letters and numbers whole.
"""

import re
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rouge_score.rouge_scorer import RougeScorer

from triwire.v1.article_pb2 import Article, BlockKind
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import Script, script_of, words
from triwire_server.text.html import plain_text
from triwire_server.text.segment import split_sentences
from ways.translation_quality import count_findings

LEAD_SENTENCES = 2
MAX_CHARACTERS = {"headline": 80, "bullets": 400, "paragraph": 600}
"""Limits in English by style, the contract's defaults; half of that in Korean and Japanese."""

NOVEL_KINDS = frozenset(
    {
        Finding.KIND_NUMBER_MISMATCH,
        Finding.KIND_DATE_MISMATCH,
        Finding.KIND_NAME_MISMATCH,
        Finding.KIND_QUOTE_MISMATCH,
    }
)
"""Findings that say a statement has something which its article has not."""

ROUGE = ("rouge1", "rouge2", "rougeL")

_NOVEL_N = {"en": 2, "ko": 4, "ja": 4}
_TOKEN = re.compile(r"[^\W_]+")
_WORDS_OF_STOP_WORDS = """
a an and are as at be been but by for from had has have he her his in is it its more not of on or over said say says she
than that the their them they this to was we were when which who will with would you
"""
_STOP_WORDS = frozenset(_WORDS_OF_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Summarized:
    """One summary, and what it is judged by."""

    article: Article
    style: str
    points: Sequence[str]
    findings: Sequence[Sequence[Finding]]
    """Of each point."""

    whole_findings: Sequence[Finding]
    """Of the summary as a whole."""

    max_characters: int
    references: Sequence[str] = ()
    headline: str = ""
    """Headline that the article has and the summarizer was not given."""

    @property
    def text(self) -> str:
        """All statements."""
        return "\n".join(self.points)


def limit_of(style: str, language: str) -> int:
    """Characters that a summary may have, all statements together."""
    return MAX_CHARACTERS[style] // (1 if language == "en" else 2)


class NewsTokenizer:
    """Tokens of one language for rouge-score, whose own tokenizer drops every letter that is not Latin."""

    def tokenize(self, text: str) -> list[str]:
        """See the module: words, syllables or letters, in NFKC and lower case."""
        tokens: list[str] = []
        for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text).casefold()):
            word = ""
            for character in match.group():
                if script_of(character) in (Script.HANGUL, Script.KANA, Script.HAN):
                    if word:
                        tokens.append(word)
                    tokens.append(character)
                    word = ""
                else:
                    word += character
            if word:
                tokens.append(word)
        return tokens


def lead_of(article: Article) -> str:
    """The first two sentences of an article's paragraphs."""
    sentences: list[str] = []
    for block in article.blocks:
        if block.kind != BlockKind.BLOCK_KIND_PARAGRAPH:
            continue
        body = plain_text(block)
        sentences += [body[start:end].strip() for start, end in split_sentences(body, article.language)]
        if len(sentences) >= LEAD_SENTENCES:
            break
    return "\n".join(sentences[:LEAD_SENTENCES])


def content_units(text: str) -> set[str]:
    """Units that carry content: words but the commonest English ones, pairs of letters that are not all hiragana."""
    return {
        unit
        for unit in words(text)
        if unit not in _STOP_WORDS and not all("\u3041" <= character <= "\u309f" for character in unit)
    }


def coverage(lead: str, summary: str) -> float:
    """Share of the content units of the lead that the summary has."""
    wanted = content_units(lead)
    return len(wanted & content_units(summary)) / len(wanted) if wanted else 0.0


def longest_copied_share(article: str, summary: str) -> float:
    """Tokens of the longest run that stands in the article as it is, for each token of the summary."""
    tokenize = NewsTokenizer().tokenize
    source, tokens = tokenize(article), tokenize(summary)
    if not tokens:
        return 0.0
    longest = 0
    before = [0] * (len(source) + 1)
    for token in tokens:
        row = [0] * (len(source) + 1)
        for index, other in enumerate(source, 1):
            if token == other:
                row[index] = before[index - 1] + 1
        longest = max(longest, *row)
        before = row
    return longest / len(tokens)


def novel_share(article: str, summary: str, language: str) -> float:
    """Share of the summary's token pairs (English) or runs of four tokens (Korean, Japanese) the article lacks."""
    n = _NOVEL_N[language]
    tokenize = NewsTokenizer().tokenize
    known = set(_grams(tokenize(article), n))
    grams = list(_grams(tokenize(summary), n))
    return sum(gram not in known for gram in grams) / len(grams) if grams else 0.0


def rouge(reference: str, summary: str) -> dict[str, float]:
    """F1 of ROUGE-1, -2 and -L, and the recall of ROUGE-1 as "rouge1_recall", each from 0 to 1."""
    scores = RougeScorer(list(ROUGE), tokenizer=NewsTokenizer()).score(reference, summary)
    return {name: float(scores[name].fmeasure) for name in ROUGE} | {"rouge1_recall": float(scores["rouge1"].recall)}


def judge_summaries(summaries: Sequence[Summarized]) -> dict[str, Any]:
    """Means over the summaries of one style and language; findings a hundred statements."""
    num_points = sum(len(summary.points) for summary in summaries)
    points = [finding for summary in summaries for findings in summary.findings for finding in findings]
    lengths = [sum(len(point) for point in summary.points) / summary.max_characters for summary in summaries]
    leads = [lead_of(summary.article) for summary in summaries]
    articles = ["\n".join(plain_text(block) for block in summary.article.blocks) for summary in summaries]
    language = summaries[0].article.language
    return {
        "summaries": len(summaries),
        "statements": num_points,
        "lead_coverage": _mean(coverage(lead, each.text) for lead, each in zip(leads, summaries, strict=True)),
        "novel": count_findings((finding for finding in points if finding.kind in NOVEL_KINDS), num_points),
        "findings": count_findings(points, num_points),
        "whole_findings": count_findings(
            (finding for summary in summaries for finding in summary.whole_findings), len(summaries)
        ),
        "longest_copied": _mean(
            longest_copied_share(text, each.text) for text, each in zip(articles, summaries, strict=True)
        ),
        "novel_ngrams": _mean(
            novel_share(text, each.text, language) for text, each in zip(articles, summaries, strict=True)
        ),
        "length_of_limit": round(statistics.median(lengths), 2),
        "over_limit": _mean(length > 1 for length in lengths),
        "rouge": {
            "lead": _mean_rouge(zip(leads, summaries, strict=True)),
            "headline": _mean_rouge((each.headline, each) for each in summaries if each.headline),
            "reference": _mean_rouge((text, each) for each in summaries for text in each.references),
        },
    }


def _mean_rouge(pairs: Iterable[tuple[str, Summarized]]) -> dict[str, float] | None:
    scores = [rouge(reference, summary.text) for reference, summary in pairs]
    if not scores:
        return None
    return {name: _mean(score[name] for score in scores) for name in scores[0]} | {"references": len(scores)}


def _mean(values: Iterable[float]) -> float:
    return round(statistics.mean(values), 3)


def _grams(tokens: Sequence[str], n: int) -> Iterable[tuple[str, ...]]:
    return (tuple(tokens[index : index + n]) for index in range(len(tokens) - n + 1))
