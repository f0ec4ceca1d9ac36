"""How much of the device the more urgent calls take."""

import pytest

from triwire_server.engine.work_shares import WorkShares
from triwire_server.segment import Priority


def test_what_more_urgent_calls_get_lately_is_told_as_a_rate_that_follows_and_fades() -> None:
    now = 0.0
    shares = WorkShares(lambda: now)
    for _ in range(600):
        now += 0.1
        shares.add(Priority.INTERACTIVE, 30)
        shares.add(Priority.STANDARD, 10)
        shares.add(Priority.BULK, 5)
    assert shares.above(Priority.INTERACTIVE) == 0
    assert shares.above(Priority.STANDARD) == pytest.approx(300, rel=0.02)
    assert shares.above(Priority.BULK) == pytest.approx(400, rel=0.02)
    now += 10.0
    assert shares.above(Priority.STANDARD) == pytest.approx(300 / 2.718, rel=0.02)
