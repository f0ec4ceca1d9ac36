"""How many slots there is memory for, learned from running out of it."""

STEPS_PER_SLOT = 256
"""Good steps after which one more slot is tried: some seconds under load."""

MOST_STEPS_PER_SLOT = 64 * STEPS_PER_SLOT
"""The longest wait for one more slot, reached where memory ran out again after every try."""

_WELL_FILLED = 0.75
"""Share of the slots that a step has to have taken to count."""


class SlotBound:
    """Lowered when memory runs out, and one slot wider after many steps that had enough though most slots were taken.

    What took the memory may be gone again: another process on the device, or one very long article. Where it is not,
    each slot that was tried in vain makes the wait for the next one twice as long, up to `MOST_STEPS_PER_SLOT`.
    The device's thread alone uses it.

    Args:
        max_slots: the bound while memory suffices, at least 1.
    """

    def __init__(self, max_slots: int) -> None:
        self.slots = max_slots
        """Slots that may be taken now, from 1 to `max_slots`."""

        self._max_slots = max_slots
        self._steps_per_slot = STEPS_PER_SLOT
        self._good_steps = 0
        self._has_grown = False

    def ran_out(self, slots: int) -> None:
        """Memory did not suffice; so many slots are believed to be few enough."""
        self.slots = max(1, min(self.slots, slots))
        self._good_steps = 0
        if self._has_grown:
            self._has_grown = False
            self._steps_per_slot = min(2 * self._steps_per_slot, MOST_STEPS_PER_SLOT)

    def sufficed(self, slots: int) -> None:
        """A step had the memory that it needed, with so many slots taken."""
        # Steps with few tell nothing of more; all are seldom taken, since some are kept for urgent calls.
        if self.slots == self._max_slots or slots < self.slots * _WELL_FILLED:
            return
        self._good_steps += 1
        if self._good_steps == self._steps_per_slot:
            self._good_steps = 0
            self._has_grown = True
            self.slots += 1
