"""How long does each function of triwire_server.text take for a paragraph of news? None may take over 0.5 ms.

    python benchmarks/text.py                   paragraphs of the repository's own articles
    python benchmarks/text.py --data DATA       lines of a directory like that of NTREX-128, two to a paragraph
    python benchmarks/text.py --only segment findings.check_translation

Every public function of the package is found and called with what its parameters ask for: a paragraph, a paragraph and
its translation, an article. What reads a page or an article is judged by its time for each block, what checks a summary
by that for each statement. Terms are found among 10,000. Functions that work on less than a sentence and need more than
that are parts of the others; they are named at the end, with what they need.

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
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import triwire_server.text
from ways.measure import finish, percentile
from ways.news_data import FIELDS
from ways.text_cases import METHODS, SHOWN_AS, Call, NotTimed, calls_of
from ways.text_samples import Sample, read_samples

LIMIT_MICROSECONDS = 500.0


def public_functions() -> Iterator[tuple[str, Callable[..., Any] | None]]:
    """All public functions that the modules of the package define, as ("segment.split_sentences", function).

    Results that a function remembers would be all that is timed: it comes without its memory. Methods come as None.
    """
    prefix = f"{triwire_server.text.__name__}."
    for info in pkgutil.walk_packages(triwire_server.text.__path__, prefix):
        module = importlib.import_module(info.name)
        for name, member in inspect.getmembers(module, callable):
            function = inspect.unwrap(member)
            if not name.startswith("_") and inspect.isfunction(function) and function.__module__ == module.__name__:
                yield f"{info.name.removeprefix(prefix)}.{name}", function
    for name in METHODS:
        yield name, None


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
    name: str, function: Callable[..., Any] | None, samples: Sequence[Sample], repetitions: int
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


def time_functions(
    samples: Sequence[Sample], arguments: argparse.Namespace
) -> tuple[dict[str, dict[str, dict[str, float]]], dict[str, str]]:
    """Time the functions that were asked for, a line each: figures by name, and why others have none."""
    rows: dict[str, dict[str, dict[str, float]]] = {}
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
    return rows, left_out


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
    rows, left_out = time_functions(samples, arguments)
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
