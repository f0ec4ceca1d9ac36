"""Who is let in, and whether the delay that the others are told is true."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from triwire_server.callers import ANYONE, Caller
from triwire_server.engine.admission import Admission
from triwire_server.engine.drain_rate import DrainRate
from triwire_server.engine.sent_away import SentAway
from triwire_server.engine.sequence import InvariantBroken
from triwire_server.engine.waiting_line import Ticket
from triwire_server.errors import DeadlineExceeded, QueueFull, QuotaExceeded
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics

INTERACTIVE, STANDARD, BULK = Priority


class Door:
    """An admission on a clock that the test turns."""

    def __init__(self, max_tokens: int = 1_000, max_seconds: float = 0.0) -> None:
        self.now = 0.0
        self.rate = DrainRate()
        self.registry = CollectorRegistry()
        self.admission = Admission(max_tokens, Metrics(self.registry), lambda: self.now, self.rate, max_seconds)

    async def enter(
        self, tokens: int, priority: Priority = INTERACTIVE, deadline: float | None = None, caller: Caller = ANYONE
    ) -> Ticket:
        return await self.admission.enter(tokens, priority, deadline, caller, wait=False)

    async def delay(
        self, tokens: int, priority: Priority = INTERACTIVE, deadline: float | None = None, caller: Caller = ANYONE
    ) -> float:
        """What a caller is told who is the only one to be refused."""
        self.admission._sent_away = SentAway(lambda: self.now)
        return await self.next_delay(tokens, priority, deadline, caller)

    async def next_delay(
        self, tokens: int, priority: Priority = INTERACTIVE, deadline: float | None = None, caller: Caller = ANYONE
    ) -> float:
        """What a caller is told who is refused after others."""
        with pytest.raises((QueueFull, QuotaExceeded)) as caught:
            await self.enter(tokens, priority, deadline, caller)
        self.admission.check_invariants()
        return caught.value.retry_seconds

    def work(self, seconds: float, tokens: int, *tickets: Ticket) -> None:
        """The device reads and writes so many tokens for each of some calls, and others wait."""
        self.now += seconds
        for ticket in tickets:
            self.admission.progress(ticket, tokens)
        self.rate.observe(tokens * len(tickets), seconds, is_full=True)

    def refusals(self, priority: Priority, reason: str) -> float | None:
        labels = {"priority": priority.name, "reason": reason}
        return self.registry.get_sample_value("triwire_admission_refusals_total", labels)


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


async def test_a_call_without_an_estimate_teaches_nothing_about_costs() -> None:
    # The one that warms a model: it would make every estimate fifty times as dear.
    door = Door()
    warm = await door.enter(0)
    door.work(1.0, 100, warm)
    door.admission.leave(warm, is_complete=True)
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
        door.rate.observe(100, 1.0, is_full=True)
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
    assert len(door.admission._line) == 0
    assert not door.admission._tickets


async def test_books_that_do_not_agree_are_found() -> None:
    door = Door()
    ticket = await door.enter(100)
    door.admission._outstanding += 1
    with pytest.raises(InvariantBroken, match="101 tokens are outstanding, and the calls have 100"):
        door.admission.check_invariants()
    door.admission._outstanding -= 1
    door.admission._quotas.take(ANYONE, 1)
    with pytest.raises(InvariantBroken, match="callers hold 101 tokens, and the calls have 100"):
        door.admission.check_invariants()
    door.admission._quotas.give_back(ANYONE, 1)
    door.admission._empty.set()
    with pytest.raises(InvariantBroken, match="whether a call is inside"):
        door.admission.check_invariants()
    door.admission.leave(ticket, is_complete=True)
    with pytest.raises(KeyError):
        door.admission.leave(ticket, is_complete=True)


async def test_callers_that_are_sent_away_are_not_sent_back_all_at_once() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    door.work(1.0, 100, ticket)
    # 100 tokens a second: there is room in 9 seconds, and each that comes then uses the device for 2, or 2.5 if it is
    # slower than foreseen.
    assert [await door.next_delay(200) for _ in range(3)] == pytest.approx([9.0, 11.5, 14.0])
    door.now += 4.0
    # What was promised is worked off as time goes by; the call inside made no progress in it.
    assert await door.next_delay(200) == pytest.approx(9.0 + 1.25 * (6.0 - 4.0))


async def test_what_bulk_was_promised_does_not_keep_more_urgent_calls_away() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    door.work(1.0, 100, ticket)
    for _ in range(3):
        await door.next_delay(200, BULK)
    assert await door.next_delay(200, INTERACTIVE) == pytest.approx(9.0)


async def test_callers_that_never_come_back_are_not_expected_for_ever() -> None:
    door = Door()
    ticket = await door.enter(1_000)
    door.work(1.0, 100, ticket)
    for _ in range(100):
        told = await door.next_delay(200)
    assert told == pytest.approx(9.0 + 75.0)


async def test_work_ahead_is_counted_in_seconds_by_priority() -> None:
    door = Door(100_000, max_seconds=10.0)
    ticket = await door.enter(1_300, STANDARD)
    door.work(1.0, 100, ticket)
    # 12 seconds are ahead of STANDARD and BULK, which may be 10, and none of INTERACTIVE.
    assert await door.delay(50, STANDARD) == pytest.approx(2.0)
    assert await door.delay(50, BULK) == pytest.approx(2.0)
    await door.enter(50, INTERACTIVE)
    door.admission.progress(ticket, 250)
    # 9.5 of it and 0.5 of the INTERACTIVE one.
    await door.enter(50, STANDARD)
    assert door.refusals(STANDARD, "queue_full") == 1


async def test_a_length_in_seconds_says_nothing_before_the_rate_of_a_full_device_is_known() -> None:
    door = Door(100_000, max_seconds=10.0)
    for _ in range(10):
        await door.enter(5_000)
    door.rate.observe(100, 1.0, is_full=False)
    await door.enter(5_000)


async def test_a_call_that_needs_longer_than_it_has_is_told_so_at_once() -> None:
    door = Door(100_000)
    ticket = await door.enter(100)
    door.work(1.0, 100, ticket)
    door.admission.leave(ticket, is_complete=True)
    with pytest.raises(DeadlineExceeded, match="cannot be done before"):
        await door.enter(501, deadline=door.now + 5.0)
    assert door.refusals(INTERACTIVE, "deadline") == 1
    await door.enter(500, deadline=door.now + 5.0)


async def test_a_call_that_would_be_late_because_of_others_is_told_when_to_come_back() -> None:
    door = Door(100_000)
    first = await door.enter(600)
    door.work(1.0, 100, first)
    # They take turns: the second one has half of 100 tokens a second, and with a quarter to spare 200 take 5 seconds.
    assert await door.delay(200, deadline=door.now + 4.0) == pytest.approx(1.0)
    assert door.refusals(INTERACTIVE, "deadline") == 1
    await door.enter(200, deadline=door.now + 5.0)


async def test_a_call_is_refused_that_would_make_another_one_late() -> None:
    door = Door(100_000)
    first = await door.enter(500, deadline=11.0)
    door.work(1.0, 100, first)
    # Two of them take turns: the first one's 400 tokens take 8 seconds, 10 with a quarter to spare, and it has 10.
    await door.enter(50)
    assert await door.delay(50) == pytest.approx(5.0)
    # One that is late already keeps nobody out.
    door.now = 10.0
    await door.enter(50)


async def test_what_is_more_urgent_comes_first_in_the_time_that_a_call_will_take() -> None:
    door = Door(100_000)
    await door.enter(300, INTERACTIVE)
    door.rate.observe(100, 1.0, is_full=True)
    # 3 seconds and then 2, with a quarter to spare 6.25.
    assert await door.delay(200, STANDARD, door.now + 6.0) == pytest.approx(0.25)
    await door.enter(200, STANDARD, door.now + 6.25)
    # BULK is behind both, and INTERACTIVE behind neither but in turns with the first.
    assert await door.delay(100, BULK, door.now + 7.0) > 0.1
    await door.enter(100, INTERACTIVE, door.now + 3.0)


async def test_time_that_more_urgent_calls_took_lately_is_not_counted_on() -> None:
    door = Door(100_000)
    urgent = await door.enter(50_000, INTERACTIVE)
    for _ in range(60):
        door.work(1.0, 90, urgent)
        door.rate.observe(10, 0.0, is_full=True)
    door.admission.leave(urgent, is_complete=False)
    await door.enter(10, INTERACTIVE)
    # Of 100 tokens a second about 10 are left: 1 second and then 10, and a quarter; else it would be 1.1 and a quarter.
    assert await door.delay(100, STANDARD, door.now + 12.0) > 0.1
    await door.enter(100, INTERACTIVE, door.now + 3.0)
    door.now += 60.0
    await door.enter(100, STANDARD, door.now + 5.0)


async def test_one_caller_cannot_take_more_than_its_share() -> None:
    door = Door(1_000)
    greedy = Caller(name="greedy", max_queue_share=0.4)
    first = await door.enter(300, caller=greedy)
    door.work(1.0, 100, first)
    # 50 tokens too many, at 100 a second.
    assert await door.delay(150, caller=greedy) == pytest.approx(0.5)
    assert door.refusals(INTERACTIVE, "quota") == 1
    await door.enter(100, caller=greedy)
    await door.enter(500)
    assert await door.delay(100, caller=greedy) > 1.0
    await door.enter(100)


async def test_a_call_above_the_share_of_its_caller_is_let_in_if_it_is_its_only_one() -> None:
    door = Door(1_000)
    small = Caller(name="small", max_queue_share=0.1)
    ticket = await door.enter(300, caller=small)
    assert await door.delay(1, caller=small) > 0
    door.admission.leave(ticket, is_complete=True)
    await door.enter(300, caller=small)


async def test_a_share_is_also_one_of_the_time_that_the_queue_may_take() -> None:
    door = Door(100_000, max_seconds=10.0)
    half = Caller(name="half", max_queue_share=0.5)
    ticket = await door.enter(300, caller=half)
    door.work(1.0, 100, ticket)
    # The queue may take 10 seconds at 100 tokens a second: half of it is 500.
    await door.enter(200, caller=half)
    assert await door.delay(100, caller=half) > 0


async def test_tokens_a_minute_are_refilled_with_time() -> None:
    door = Door(10_000)
    metered = Caller(name="metered", max_tokens_per_minute=600)
    for _ in range(3):
        door.admission.leave(await door.enter(200, caller=metered), is_complete=True)
    # 10 a second.
    assert await door.delay(100, caller=metered) == pytest.approx(10.0)
    await door.enter(500)
    door.now += 10.0
    await door.enter(100, caller=metered)
    door.now += 1_000.0
    # Unused quota is kept for a minute and no longer.
    await door.enter(600, caller=metered)
    assert await door.delay(60, caller=metered) == pytest.approx(6.0)


async def test_a_call_above_the_quota_of_a_minute_uses_that_of_the_next_ones() -> None:
    door = Door(10_000)
    metered = Caller(name="metered", max_tokens_per_minute=600)
    await door.enter(1_800, caller=metered)
    assert await door.delay(60, caller=metered) == pytest.approx(126.0)


async def test_a_waiting_call_of_a_caller_that_has_its_share_keeps_nobody_behind_it_out() -> None:
    door = Door(1_000)
    greedy = Caller(name="greedy", max_queue_share=0.5)
    ticket = await door.enter(500, caller=greedy)
    kept = asyncio.ensure_future(door.admission.enter(100, STANDARD, None, greedy, wait=True))
    behind = asyncio.ensure_future(door.admission.enter(100, STANDARD, None, wait=True))
    assert (await behind).estimated_tokens == 100
    assert not kept.done()
    door.admission.leave(ticket, is_complete=True)
    assert (await kept).caller is greedy
    door.admission.check_invariants()


async def test_a_waiting_call_is_let_in_when_the_quota_of_its_caller_has_grown() -> None:
    loop = asyncio.get_running_loop()
    admission = Admission(1_000, Metrics(CollectorRegistry()), loop.time, DrainRate())
    metered = Caller(name="metered", max_tokens_per_minute=6_000)
    await admission.enter(500, STANDARD, None, metered, wait=False)
    admission._quotas._buckets["metered"].tokens = 0
    ticket = await asyncio.wait_for(admission.enter(20, STANDARD, None, metered, wait=True), 10)
    assert ticket.estimated_tokens == 20
    admission.close()


async def test_a_waiting_call_that_can_no_longer_be_answered_in_time_is_told_so() -> None:
    door = Door(1_000)
    ticket = await door.enter(1_000)
    door.work(1.0, 100, ticket)
    waiting = asyncio.ensure_future(door.admission.enter(500, STANDARD, door.now + 5.5, wait=True))
    await asyncio.sleep(0)
    assert not waiting.done()
    door.now += 1.0
    door.admission.leave(ticket, is_complete=False)
    with pytest.raises(DeadlineExceeded):
        await waiting
    door.admission.check_invariants()
