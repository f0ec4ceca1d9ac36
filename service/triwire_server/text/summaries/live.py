"""Live blogs: which blocks start an entry, at what time, and which entry is the newest."""

import itertools
import re
from collections.abc import Sequence

_STAMP = re.compile(
    r"[\[【(（■▶●▲◆•\s]{0,4}(?:(?:posted|updated|published) (?:at )?)?"
    r"(?P<half>오전|오후|午前|午後)?\s?(?P<hour>\d{1,2})"
    r"(?:[:：](?P<minute>\d{2})(?:[:：]\d{2})?|\.(?P<dotted>\d{2})(?=\s?[ap]\.?m|\s(?:GMT|BST|[A-Z]{2,3}T)\b|\s?[-–—|\]])|"
    r"시(?:\s?(?P<ko>\d{1,2})분)?|時(?P<ja>\d{1,2})分|時(?=[\s】\]]|\Z)|(?=\s?[ap]\.?m\b))"
    r"(?:\s?(?P<noon>[ap])\.?m\b\.?)?(?:\s?(?:GMT|UTC|[A-Z]{2,3}T)\b)?"
    # A time that a particle follows belongs to its sentence: 3시쯤 ("at about three"), 3時に ("at three").
    r"(?:\s?(?:更新|発|현재))?(?:[\]】)）]\s{0,3}[-–—:：|·]?\s{0,3}|\s{0,3}[-–—:：|·]\s{0,3}|\s{1,4}|、|\Z)",
    re.IGNORECASE,
)
_MIN_ENTRIES = 3
_MIN_SHARE = 0.15


def time_stamp(text: str) -> tuple[int, int]:
    """The time that an entry starts with: "14:32 ", "3.45pm – ", "오후 3시 20분 ", "【15時20分】".

    Returns:
        (length in code points with what separates it from the text, minutes since midnight); (0, -1) without one.
    """
    match = _STAMP.match(text)
    if match is None or not match.end():
        return 0, -1
    hour = int(match["hour"])
    minute = int(match["minute"] or match["dotted"] or match["ko"] or match["ja"] or 0)
    if hour > 24 or minute > 59:
        return 0, -1
    is_afternoon = match["half"] in ("오후", "午後") or (match["noon"] or "").casefold() == "p"
    if match["half"] or match["noon"]:
        hour = hour % 12 + 12 * is_afternoon
    return match.end(), 60 * hour + minute


def live_entries(bodies: Sequence[str]) -> list[int]:
    """For each block of a live blog the number of its entry, 0 for the newest.

    An entry goes from a block that starts with a time up to the next such block. Which end is the newest is seen from
    how the times run; most pages put the newest first.

    Args:
        bodies: texts of the blocks, in order.

    Returns:
        -1 for blocks before the first entry; [] if this is no live blog: fewer than three entries, or few among many
        blocks.
    """
    minutes = [time_stamp(body)[1] for body in bodies]
    times = [minute for minute in minutes if minute >= 0]
    if len(times) < max(_MIN_ENTRIES, _MIN_SHARE * len(bodies)):
        return []
    steps = list(itertools.pairwise(times))
    is_oldest_first = sum(a < b for a, b in steps) > sum(a > b for a, b in steps)
    numbers: list[int] = []
    number = -1
    for minute in minutes:
        number += minute >= 0
        numbers.append(number)
    return [number if number < 0 or not is_oldest_first else len(times) - 1 - number for number in numbers]
