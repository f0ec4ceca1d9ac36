"""Who is let in, and whether the delay that the others are told is true."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from triwire_server.engine.admission import Admission, Ticket
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import InvariantBroken
from triwire_server.errors import DeadlineExceeded, QueueFull
from triwire_server.metrics import Metrics

INTERACTIVE, STANDARD, BULK = Priority


class Door:
    """An admission on a clock that the test turns."""

    def __init__(self, max_tokens: int = 1_000) -> None:
        self.now = 0.0
        self.admission = Admission(max_tokens, Metrics(CollectorRegistry()), lambda: self.now)

    async def enter(self, tokens: int, priority: Priority = INTERACTIVE, deadline: float | None = None) -> Ticket:
        return await self.admission.enter(tokens, priority, deadline, wait=False)

    async def delay(self, tokens: int, priority: Priority = INTERACTIVE) -> float:
        """What a caller is told who is refused."""
        with pytest.raises(QueueFull) as caught:
            await self.enter(tokens, priority)
        self.admission.check_invariants()
        return caught.value.retry_seconds

    def work(self, seconds: float, tokens: int, *tickets: Ticket) -> None:
        """The device reads and writes so many tokens for each of some calls."""
        self.now += seconds
        for ticket in tickets:
            ticket.done_tokens += tokens
        self.admission.measured(tokens * len(tickets))


async def test_before_anything_was_measured_a_rate_of_500_tokens_a_second_is_assumed() -> None:
    door = Door()
    await door.enter(1_000)
    assert await door.delay(100) == 2.0


async def test_the_first_measurement_takes_the_place_of_the_assumption() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    door.work(2.0, 200, ticket)
    # 100 tokens a second, and 800 are left.
    assert await door.delay(100) == 8.0


async def test_a_window_of_less_than_a_second_measures_nothing_yet() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    door.work(0.5, 50, ticket)
    assert await door.delay(100) == 950 / 500
    door.work(0.5, 50, ticket)
    assert await door.delay(100) == 900 / 100


@pytest.mark.parametrize(("seconds", "tokens", "rate"), [(1.0, 200, 130.0), (2.0, 400, 151.0), (1.0, 100, 100.0)])
async def test_the_rate_follows_the_device_the_faster_the_longer_it_is_measured(
    seconds: float, tokens: int, rate: float
) -> None:
    door = Door(10_000)
    ticket = await door.enter(10_000)
    door.work(1.0, 100, ticket)
    door.work(seconds, tokens, ticket)
    assert await door.delay(100) == pytest.approx((10_000 - 100 - tokens) / rate)


async def test_idle_time_does_not_slow_the_measured_rate() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    door.work(1.0, 100, ticket)
    door.admission.leave(ticket, is_complete=False)
    door.now += 1_000.0
    ticket = await door.enter(1_000)
    door.work(1.0, 100, ticket)
    assert await door.delay(100) == pytest.approx(9.0)


async def test_room_comes_when_a_whole_call_has_ended_and_calls_take_turns() -> None:
    door = Door()
    small, large = await door.enter(300), await door.enter(700)
    door.work(1.0, 50, small, large)
    # 100 tokens a second in turns: the small one ends when 500 are done, and then the large one has 400 left.
    assert await door.delay(200) == 5.0
    assert await door.delay(300) == 5.0
    assert await door.delay(301) == 9.0


async def test_bulk_waits_until_its_share_of_the_queue_has_room() -> None:
    door = Door()
    first, second = await door.enter(300), await door.enter(310)
    door.work(1.0, 50, first, second)
    # Of 1,000 tokens BULK may fill 500 and STANDARD 800; the first call ends in 5 seconds, the second in 5.1.
    assert await door.delay(190, BULK) == 5.0
    assert await door.delay(191, BULK) == pytest.approx(5.1)
    assert await door.delay(200, STANDARD) == 5.0


async def test_a_call_larger_than_the_queue_waits_until_it_is_alone() -> None:
    door = Door()
    first, second = await door.enter(300), await door.enter(310)
    door.work(1.0, 50, first, second)
    assert await door.delay(5_000) == pytest.approx(5.1)


async def test_what_an_estimated_token_costs_is_learned_from_the_calls_that_ended() -> None:
    door = Door()
    ended = await door.enter(100)
    door.work(4.0, 400, ended)
    door.admission.leave(ended, is_complete=True)
    await door.enter(1_000)
    # 100 tokens a second, and the device has four to read or write for each that is estimated.
    assert await door.delay(10) == 40.0


async def test_a_call_that_was_cancelled_teaches_nothing_about_costs() -> None:
    door = Door()
    cancelled = await door.enter(1_000)
    door.work(1.0, 100, cancelled)
    door.admission.leave(cancelled, is_complete=False)
    await door.enter(1_000)
    assert await door.delay(10) == 10.0


async def test_nobody_is_sent_to_try_again_at_once() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    door.work(1.0, 2_000, ticket)
    assert await door.delay(100) == 0.1


async def test_a_deadline_that_has_passed_is_said_at_the_door() -> None:
    door = Door()
    door.now = 5.0
    with pytest.raises(DeadlineExceeded):
        await door.enter(10, deadline=5.0)
    door.admission.check_invariants()


def simulate(left: Sequence[float], rate: float, seconds: float) -> list[float]:
    """What is left of calls that share a device in turns, a thousandth of the time at a time."""
    rest = list(left)
    for _ in range(1_000):
        busy = [index for index, tokens in enumerate(rest) if tokens > 0]
        for index in busy:
            rest[index] -= rate * seconds / 1_000 / len(busy)
    return rest


@given(st.lists(st.integers(10, 500), min_size=1, max_size=8), st.integers(1, 900), st.sampled_from(Priority))
def test_who_comes_back_after_the_delay_finds_room_and_who_comes_sooner_does_not(
    estimates: list[int], tokens: int, priority: Priority
) -> None:
    async def run() -> None:
        door = Door()
        tickets = []
        for estimate in estimates:
            try:
                tickets.append(await door.enter(estimate))
            except QueueFull:
                break
        door.now += 1.0
        door.admission.measured(100)
        try:
            await door.enter(tokens, priority)
            return
        except QueueFull as error:
            told = error.retry_seconds
        left = [float(ticket.estimated_tokens) for ticket in tickets]
        for share, has_room in ((0.95, False), (1.02, True)):
            rest = simulate(left, 100.0, told * share)
            inside = sum(t.estimated_tokens for t, r in zip(tickets, rest, strict=True) if r > 0)
            limit = {INTERACTIVE: 1_000, STANDARD: 800, BULK: 500}[priority]
            assert (inside == 0 or inside + tokens <= limit) is has_room

    asyncio.run(run())


async def test_waiting_calls_that_give_up_leave_nothing() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    waiting = [asyncio.ensure_future(door.admission.enter(100, BULK, None, wait=True)) for _ in range(5)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    assert len(await asyncio.gather(*waiting, return_exceptions=True)) == 5
    door.admission.leave(ticket, is_complete=True)
    door.admission.check_invariants()
    assert not door.admission._waiting
    assert not door.admission._tickets


async def test_books_that_do_not_agree_are_found() -> None:
    door = Door()
    ticket = await door.enter(100)
    door.admission._outstanding += 1
    with pytest.raises(InvariantBroken, match="101 tokens are outstanding, and the calls have 100"):
        door.admission.check_invariants()
    door.admission._outstanding -= 1
    door.admission._empty.set()
    with pytest.raises(InvariantBroken, match="whether a call is inside"):
        door.admission.check_invariants()
    door.admission.leave(ticket, is_complete=True)
    with pytest.raises(KeyError):
        door.admission.leave(ticket, is_complete=True)
