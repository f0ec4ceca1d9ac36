"""How long does each function of triwire_server.text take for a paragraph of news? None may take over 0.5 ms.

    python benchmarks/text.py                   paragraphs of the repository's own articles
    python benchmarks/text.py --data DATA       lines of a directory like that of NTREX-128, two to a paragraph
    python benchmarks/text.py --only segment findings.check_translation

Every public function of the package is found and called with what its parameters ask for: a paragraph, a paragraph and
its translation, an article. What reads a page or an article is judged by its time for each block, what checks a summary
by that for each statement. Functions that need more than that are named at the end, with the reason.

A paragraph's time is the least of some repetitions, so that other work on the machine does not count. The table has the
median and the 95th percentile over the paragraphs of each language in microseconds. Ends with 1 if a median is over the
limit. The last line is one JSON object.
"""

import argparse
import fnmatch
import importlib
import inspect
import pkgutil
import statistics
import sys
import time
import typing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import triwire_server.text
from triwire.v1.article_pb2 import Article, Block, BlockKind, Cleaning, Content
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.extract import extract_article
from triwire_server.text.html import html_blocks
from ways.measure import finish, percentile
from ways.news_data import FIELDS
from ways.text_samples import Pair, Sample, read_samples

LIMIT_MICROSECONDS = 500.0

_MARKED = " <b>{name}</b> & https://example.com/news/2026?id=7 @harbour_news editor@example.com %s"
_MAX_INPUT_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is timed."""

    run: Callable[[], object]
    parts: int = 1
    """Paragraphs, blocks or statements that its time is divided by."""


class NotTimed(Exception):
    """Why a function cannot be called with what is at hand."""


def public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    """All public functions that the modules of the package define, as ("segment.split_sentences", function)."""
    for info in pkgutil.iter_modules(triwire_server.text.__path__):
        module = importlib.import_module(f"{triwire_server.text.__name__}.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if not name.startswith("_") and function.__module__ == module.__name__:
                yield f"{info.name}.{name}", function


def calls_of(name: str, function: Callable[..., object], sample: Sample) -> list[Call]:
    """The calls of a function that are timed for one language.

    Raises:
        NotTimed: it needs what is not at hand.
    """
    if name in SPECIAL:
        return SPECIAL[name](function, sample)
    hints = typing.get_type_hints(function)
    needed = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    # What is needed decides what a call is made for: an article, a pair, or a paragraph.
    names = {parameter.name for parameter in needed}
    if names & {"article"}:
        return [_call(function, needed, hints, _of_article(article, said, sample)) for article, said in sample.articles]
    if names & _PAIR_NAMES:
        return [_call(function, needed, hints, _of_pair(pair, sample)) for pair in sample.pairs]
    if names & {"page"}:
        return [_call(function, needed, hints, _of_page(page)) for page in sample.pages if page.html]
    return [_call(function, needed, hints, _of_paragraph(text, sample)) for text in sample.paragraphs]


_PAIR_NAMES = frozenset({"source", "target", "source_language", "target_language"})


_TEXT_NAMES = ("text", "line", "body", "caption", "output", "passage", "sentence", "paragraph")


def _call(
    function: Callable[..., object],
    needed: Sequence[inspect.Parameter],
    hints: dict[str, Any],
    values: dict[str, tuple[object, int]],
) -> Call:
    """A call with the values at hand by parameter name, each with the number of parts it has."""
    if len(needed) == 0:
        raise NotTimed("it has no parameters")
    positional: list[object] = []
    by_name: dict[str, object] = {}
    parts = 1
    for parameter in needed:
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            continue
        if parameter.name not in values:
            raise NotTimed(f"it needs {parameter.name}")
        value, value_parts = values[parameter.name]
        if not _fits(value, hints.get(parameter.name)):
            raise NotTimed(f"its {parameter.name} is of another type")
        parts = max(parts, value_parts)
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            by_name[parameter.name] = value
        else:
            positional.append(value)
    return Call(partial(function, *positional, **by_name), parts)


def _fits(value: object, hint: object) -> bool:
    """Whether a value has the annotated type, or its members the type of a list's or sequence's; True if unknown."""
    if isinstance(hint, type) and not typing.get_args(hint):
        return isinstance(value, hint)
    members = [member for member in typing.get_args(hint) if isinstance(member, type)]
    if isinstance(value, list) and len(members) == 1:
        return all(isinstance(each, members[0]) for each in value)
    return True


def _of_paragraph(text: str, sample: Sample) -> dict[str, tuple[object, int]]:
    return dict.fromkeys(_TEXT_NAMES, (text, 1)) | {
        "language": (sample.language, 1),
        "tag": (sample.language, 1),
        "character": (text[0], 1),
        "block": (Block(block_id="b1", kind=BlockKind.BLOCK_KIND_PARAGRAPH, text=text), 1),
        "blocks": ([Block(block_id="b1", kind=BlockKind.BLOCK_KIND_PARAGRAPH, text=text)], 1),
        "style_name": ("bullets", 1),
        "bullet_count": (3, 1),
        "terms": (sample.terms, 1),
        "is_html": (False, 1),
        "is_page": (True, 1),
    }


def _of_pair(pair: Pair, sample: Sample) -> dict[str, tuple[object, int]]:
    return _of_paragraph(pair.source, sample) | {
        "source": (pair.source, 1),
        "target": (pair.target, 1),
        "output": (pair.target, 1),
        "source_language": (sample.language, 1),
        "target_language": (pair.target_language, 1),
    }


def _of_article(article: Article, statements: Sequence[str], sample: Sample) -> dict[str, tuple[object, int]]:
    return _of_paragraph(statements[0], sample) | {
        "article": (article, len(article.blocks)),
        "point": (statements[0], 1),
        "points": (list(statements), len(statements)),
        "style": ("bullets", 1),
        "max_characters": (400, 1),
    }


def _of_page(page: Content) -> dict[str, tuple[object, int]]:
    return {
        "page": (page.html, len(extract_article(page).blocks)),
        "keep_elements": (False, 1),
    }


Function = Callable[..., Any]


def _extract_article(function: Function, sample: Sample) -> list[Call]:
    return [Call(partial(function, page), len(function(page).blocks)) for page in sample.pages]


def _protect_and_restore(function: Function, sample: Sample) -> list[Call]:
    def both(text: str) -> None:
        protected = function(text)
        protected.restore(protected.text)

    return [Call(partial(both, text + _MARKED)) for text in sample.paragraphs]


def _split_segments(function: Function, sample: Sample) -> list[Call]:
    def fits(piece: str) -> bool:
        return len(piece) <= _MAX_INPUT_CHARACTERS

    return [Call(partial(function, text, sample.language, fits)) for text in sample.paragraphs]


def _check_summary(function: Function, sample: Sample) -> list[Call]:
    """In each language: statements of one summary are of one language."""
    calls = []
    for article, statements in sample.articles:
        for number, language in enumerate(FIELDS):
            points = list(statements[number :: len(FIELDS)])
            calls.append(Call(partial(function, article, points, language), len(points)))
    return calls


def _is_broken(function: Function, sample: Sample) -> list[Call]:
    findings = [Finding(kind=kind, severity=Finding.SEVERITY_WARNING) for kind in Finding.Kind.values()[1:4]]
    return [Call(partial(function, findings))]


def _of_html_page(function: Function, sample: Sample) -> list[Call]:
    """What reads a page with the blocks that were found in it."""
    calls = []
    for page in sample.pages:
        if page.html:
            blocks = html_blocks(page.html, keep_elements=False)
            values = {"page": page.html, "blocks": blocks}
            names = inspect.signature(function).parameters
            calls.append(Call(partial(function, *(values[name] for name in names)), len(blocks)))
    return calls


def _of_html_block(function: Function, sample: Sample) -> list[Call]:
    blocks = [block for page in sample.pages if page.html for block in html_blocks(page.html, keep_elements=False)]
    has_text = "text" in inspect.signature(function).parameters
    return [Call(partial(function, *([block, block.body] if has_text else [block]))) for block in blocks]


def _replace_text(function: Function, sample: Sample) -> list[Call]:
    calls = []
    for page in sample.pages:
        if page.html:
            article = extract_article(Content(html=page.html, cleaning=Cleaning.CLEANING_NONE))
            calls.append(Call(partial(function, page.html, article, list(article.blocks)), len(article.blocks)))
    return calls


SPECIAL: dict[str, Callable[[Function, Sample], list[Call]]] = {
    "extract.extract_article": _extract_article,
    "placeholders.protect": _protect_and_restore,
    "segment.split_segments": _split_segments,
    "findings.check_summary": _check_summary,
    "findings.is_broken": _is_broken,
    "html.replace_text": _replace_text,
    "web_page.page_kinds": _of_html_page,
    "web_page.plain_kinds": _of_html_page,
    "web_page.readable": _of_html_block,
    "web_page.is_credit": _of_html_block,
}
"""Functions whose calls are not made from the names of their parameters alone."""

SHOWN_AS = {"placeholders.protect": "placeholders.protect and restore"}


def _finish(result: object) -> None:
    """Take everything out of an iterator: a generator has done nothing yet when it is returned."""
    if isinstance(result, Iterator):
        deque(result, maxlen=0)


def time_call(call: Call, repetitions: int) -> float:
    """Microseconds for each part: the least of the repetitions."""
    least = float("inf")
    for _ in range(repetitions):
        began = time.perf_counter_ns()
        _finish(call.run())
        least = min(least, time.perf_counter_ns() - began)
    return least / 1000 / call.parts


def time_function(
    name: str, function: Callable[..., object], samples: Sequence[Sample], repetitions: int
) -> dict[str, dict[str, float]]:
    """Median and 95th percentile in microseconds, by language.

    Raises:
        NotTimed: it cannot be called with what is at hand.
    """
    row = {}
    for sample in samples:
        calls = calls_of(name, function, sample)
        if not calls:
            continue
        for call in calls:
            _finish(call.run())  # tables and patterns that are made at the first use
        times = [time_call(call, repetitions) for call in calls]
        row[sample.language] = {"median": round(statistics.median(times), 1), "p95": round(percentile(times, 95), 1)}
    if not row:
        raise NotTimed("no page of its kind is at hand")
    return row


def main(given: Sequence[str] | None = None) -> int:
    """Time all functions, print the table; 1 if a median is over the limit, 2 if the data cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="directory of parallel news (default: the repository's own articles)")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="modules or functions, such as segment")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--limit", type=float, default=LIMIT_MICROSECONDS, help="microseconds a median may be")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    arguments = parser.parse_args(given)
    try:
        samples = read_samples(arguments.data)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    lengths = {sample.language: statistics.median(map(len, sample.paragraphs)) for sample in samples}
    counts = ", ".join(
        f"{len(sample.paragraphs)} {sample.language} (median {lengths[sample.language]:.0f} characters)"
        for sample in samples
    )
    print(f"paragraphs: {counts}\n\n| function | {' | '.join(f'{name} median' for name in FIELDS)} | p95 | |")
    print(f"| --- | {'--- | ' * len(FIELDS)}--- | --- |")
    rows: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for name, function in public_functions():
        if arguments.only and not any(fnmatch.fnmatch(name, f"{each}*") for each in arguments.only):
            continue
        try:
            row = time_function(name, function, samples, arguments.repetitions)
        except NotTimed as error:
            left_out[name] = str(error)
            continue
        shown = SHOWN_AS.get(name, name)
        rows[shown] = row
        print(_row_text(shown, row, arguments.limit), flush=True)
    slow = [name for name, row in rows.items() if any(each["median"] > arguments.limit for each in row.values())]
    print(f"\nmicroseconds; {len(rows)} functions, {len(slow)} over {arguments.limit:.0f}: {', '.join(slow) or 'none'}")
    for name, reason in left_out.items():
        print(f"not timed by itself: {name}: {reason}")
    finish(
        {
            "benchmark": "text",
            "paragraphs": {sample.language: len(sample.paragraphs) for sample in samples},
            "median_characters": lengths,
            "limit_microseconds": arguments.limit,
            "functions": rows,
            "over_limit": slow,
            "not_timed": left_out,
        },
        arguments.json,
    )
    return int(bool(slow))


def _row_text(name: str, row: dict[str, dict[str, float]], limit: float) -> str:
    medians = [f"{row[language]['median']:.1f}" if language in row else "-" for language in FIELDS]
    highest = max(each["p95"] for each in row.values())
    verdict = "over" if any(each["median"] > limit for each in row.values()) else ""
    return f"| {name} | {' | '.join(medians)} | {highest:.1f} | {verdict} |"


if __name__ == "__main__":
    sys.exit(main())
