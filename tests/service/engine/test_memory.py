from pathlib import Path

import pytest
import torch

from triwire_server.engine import memory
from triwire_server.engine.memory import free_bytes, freed_at_once, slot_tokens

CPU = torch.device("cpu")


def test_half_of_the_free_memory_is_for_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1_000_000)
    assert slot_tokens(CPU, 400) == 1_250


def test_there_is_always_room_for_one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 10)
    assert slot_tokens(CPU, 400) == 1


def test_a_machine_has_free_memory() -> None:
    assert 1 << 20 < free_bytes(CPU) < 1 << 45


def test_large_blocks_are_returned_when_they_are_freed() -> None:
    def resident_bytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    with freed_at_once():
        blocks = [torch.ones(2 << 20) for _ in range(16)]  # 8 MiB each
        held = resident_bytes()
        del blocks
        assert held - resident_bytes() > 96 << 20  # of 128 MiB: other memory of this process comes and goes
