"""`triwire-server` whose models fail as a device, a driver or a bug of ours would, on inputs that ask for it.

Run as a script, with the command's own arguments. What a segment holds decides what happens to it, see the words below;
everything else is served by the real models. How many rows the device has memory for is read at every pass from the
file that ROOM_FILE names; not set: any number.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from triwire_server import loading
from triwire_server.__main__ import main
from triwire_server.engine.models.base import Model, Progress, Prompt, Rows
from triwire_server.pipeline import attempts
from triwire_server.segment import Segment
from triwire_server.text.findings import check_translation

POISON = "zzpoison"  # reading it raises
LATE_POISON = "zzlate"  # the fourth decoding step raises
UNTOKENIZED = "zzpieces"  # the tokenizer raises
UNCHECKED = "zzcheck"  # a check of its translation raises
HANG = "zzhang"  # reading it does not come back
LOSE = "zzlose"  # reading it finds the device gone
END_THREAD = "zzexit"  # reading it ends the device's thread, whatever handles exceptions
LATE_STEPS = 3

_room_file = os.environ.get("ROOM_FILE", "")


class AcceleratorError(RuntimeError):
    """Named as torch names the error of a device that is gone."""


class FaultyRows(Rows):
    """Real rows, but for prompts that are marked, and for the memory that they need."""

    def __init__(self, rows: Rows, marks: Mapping[Prompt, str]) -> None:
        self._rows = rows
        self._marks = marks
        self._marked: dict[int, str] = {}
        self._steps: dict[int, int] = {}
        _all_rows.add(self)

    @property
    def numbers(self) -> Sequence[int]:
        return self._rows.numbers

    def add(self, prompts: Mapping[int, Prompt]) -> None:
        _need_room_for(len(prompts))
        marked = {number: self._marks[prompt] for number, prompt in prompts.items() if prompt in self._marks}
        for mark in marked.values():
            if mark == POISON:
                raise RuntimeError(f"a kernel failed on {mark}")
            if mark == HANG:
                threading.Event().wait()
            if mark == LOSE:
                raise AcceleratorError
            if mark == END_THREAD:
                raise SystemExit
        self._rows.add(prompts)
        self._marked |= marked

    def step(self) -> dict[int, Progress]:
        _need_room_for(0)
        for number, mark in self._marked.items():
            self._steps[number] = self._steps.get(number, 0) + 1
            if mark == LATE_POISON and self._steps[number] > LATE_STEPS:
                raise RuntimeError(f"a kernel failed on {mark}")
        return self._rows.step()

    def drop(self, number: int) -> None:
        self._marked.pop(number, None)
        self._rows.drop(number)


_all_rows: "WeakSet[FaultyRows]" = WeakSet()


def _need_room_for(joining: int) -> None:
    """Memory is short for all rows together, whichever pool they are in."""
    if _room_file:
        rows = joining + sum(len(rows.numbers) for rows in _all_rows)
        if rows > int(Path(_room_file).read_text(encoding="ascii")):
            raise MemoryError


def make_faulty(model: Model) -> Model:
    """Let a model fail on marked segments."""
    encode, new_rows = model.encode, model.new_rows
    marks: dict[Prompt, str] = {}

    def encode_or_fail(segment: Segment) -> Prompt:
        if UNTOKENIZED in segment.text:
            raise ValueError(f"no pieces for {segment.text}")
        prompt = encode(segment)
        for mark in (POISON, LATE_POISON, HANG, LOSE, END_THREAD):
            if mark in segment.text:
                marks[prompt] = mark
        return prompt

    model.encode = encode_or_fail  # type: ignore[method-assign]  # the fault
    model.new_rows = lambda: FaultyRows(new_rows(), marks)  # type: ignore[method-assign]  # the fault
    return model


def check_or_fail(source: str, *arguments: Any, **options: Any) -> Any:
    """The checks of a translation, with a bug in them."""
    if UNCHECKED in source:
        raise KeyError(source)
    return check_translation(source, *arguments, **options)


if __name__ == "__main__":
    load_models = loading.load_models
    loading.load_models = lambda *arguments: [make_faulty(model) for model in load_models(*arguments)]
    attempts.check_translation = check_or_fail  # type: ignore[attr-defined]  # imported there
    main()
