"""How often sentence alignment finds the places where human translators began a new sentence.

    python benchmarks/alignment.py DIRECTORY [--join 3]

The directory holds `segments.jsonl`, one object a line with "doc", "eng", "kor" and "jpn", segments of a document next
to each other. Neighbouring segments are joined on both sides, aligned, and the true joints looked for in the result.
A joint that the sentence splitter does not see on one of the sides (a headline without a full stop) cannot be found
by any alignment and is counted apart.
"""

import argparse
import itertools
import json
import pathlib
import statistics
import sys
import timeit

from triwire_server.text.alignment import align_sentences
from triwire_server.text.segment import split_sentences

_LANGUAGES = {"en": "eng", "ko": "kor", "ja": "jpn"}


def main() -> int:
    """Print a table; 1 if the directory holds no segments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("directory", type=pathlib.Path, help="holds segments.jsonl")
    parser.add_argument("--join", type=int, default=3, help="segments that are joined, at least 2")
    arguments = parser.parse_args()
    lines = (arguments.directory / "segments.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    if not rows:
        print("no segments", file=sys.stderr)
        return 1
    print(f"{'direction':10} {'joints':>6} {'unseen':>6} {'found':>6} {'recall':>7} {'cuts':>5} {'right':>6} {'ms':>6}")
    for source, target in itertools.permutations(_LANGUAGES, 2):
        print(measure(rows, source, target, max(2, arguments.join)))
    return 0


def measure(rows: list[dict[str, str]], source: str, target: str, join: int) -> str:
    """One line of the table: joints, how many were found, cuts between different segments, median milliseconds."""
    joints = unseen = found = cuts = right = 0
    times = []
    for _, group in itertools.groupby(rows, key=lambda row: row["doc"]):
        document = list(group)
        for first in range(len(document) - join + 1):
            pieces = document[first : first + join]
            here, here_joints = _joined([row[_LANGUAGES[source]] for row in pieces], source)
            there, there_joints = _joined([row[_LANGUAGES[target]] for row in pieces], target)
            started = timeit.default_timer()
            pairs = align_sentences(here, there, source, target)
            times.append(timeit.default_timer() - started)
            starts = {(one[0], other[0]) for one, other in pairs[1:]}
            seen = set(_starts(here, source)), set(_starts(there, target))
            truth = set(zip(here_joints, there_joints, strict=True))
            visible = {(one, other) for one, other in truth if one in seen[0] and other in seen[1]}
            joints += len(truth)
            unseen += len(truth) - len(visible)
            found += len(visible & starts)
            # A cut inside a segment on both sides may be right; one that joins two different segments is wrong.
            cuts += len(starts)
            right += sum(_segment(one, here_joints) == _segment(other, there_joints) for one, other in starts)
    recall = found / max(1, joints - unseen)
    milliseconds = 1000 * statistics.median(times)
    return (
        f"{source}-{target:7} {joints:6} {unseen:6} {found:6} {recall:7.3f} {cuts:5} "
        f"{right / max(1, cuts):6.3f} {milliseconds:6.2f}"
    )


def _joined(segments: list[str], language: str) -> tuple[str, list[int]]:
    """Segments as one text, and where each of them but the first begins."""
    glue = "" if language == "ja" else " "
    starts, length = [], 0
    for segment in segments:
        starts.append(length)
        length += len(segment.strip()) + len(glue)
    return glue.join(segment.strip() for segment in segments), starts[1:]


def _starts(text: str, language: str) -> list[int]:
    return [start for start, _ in split_sentences(text, language)]


def _segment(position: int, joints: list[int]) -> int:
    return sum(joint <= position for joint in joints)


if __name__ == "__main__":
    sys.exit(main())
