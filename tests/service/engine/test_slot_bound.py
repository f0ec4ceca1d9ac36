"""Slots that are lost when memory runs out, and how they come back."""

from triwire_server.engine.slot_bound import MOST_STEPS_PER_SLOT, STEPS_PER_SLOT, SlotBound


def steps_to_grow(bound: SlotBound) -> int:
    """Good steps until the bound is one wider."""
    before, steps = bound.slots, 0
    while bound.slots == before:
        bound.sufficed(bound.slots)
        steps += 1
    assert bound.slots == before + 1
    return steps


def test_the_bound_only_falls_when_memory_runs_out_and_never_below_one() -> None:
    bound = SlotBound(32)
    bound.ran_out(10)
    assert bound.slots == 10
    bound.ran_out(16)  # of a pass that was planned before
    assert bound.slots == 10
    bound.ran_out(0)
    assert bound.slots == 1


def test_slots_come_back_one_at_a_time_until_all_are_there() -> None:
    bound = SlotBound(4)
    bound.ran_out(2)
    assert [steps_to_grow(bound), steps_to_grow(bound)] == [STEPS_PER_SLOT, STEPS_PER_SLOT]
    assert bound.slots == 4
    for _ in range(2 * STEPS_PER_SLOT):
        bound.sufficed(4)
    assert bound.slots == 4


def test_steps_count_from_the_last_time_that_memory_ran_out() -> None:
    bound = SlotBound(32)
    bound.ran_out(16)
    for _ in range(STEPS_PER_SLOT - 1):
        bound.sufficed(16)
    bound.ran_out(8)
    assert steps_to_grow(bound) == STEPS_PER_SLOT


def test_steps_with_few_slots_taken_tell_nothing() -> None:
    bound = SlotBound(32)
    bound.ran_out(16)
    for _ in range(10 * STEPS_PER_SLOT):
        bound.sufficed(11)
    assert bound.slots == 16
    for _ in range(STEPS_PER_SLOT):
        bound.sufficed(12)
    assert bound.slots == 17


def test_a_slot_tried_in_vain_doubles_the_wait_and_one_shortage_counts_once() -> None:
    bound = SlotBound(32)
    waits = []
    for _ in range(9):
        # One shortage, found in three passes: of the batch and of its halves.
        for slots in (16, 8, 4):
            bound.ran_out(slots)
        waits.append(steps_to_grow(bound))
    assert waits == [STEPS_PER_SLOT * 2**tries for tries in (0, 1, 2, 3, 4, 5, 6, 6, 6)]
    assert waits[-1] == MOST_STEPS_PER_SLOT
