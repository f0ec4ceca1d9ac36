from random import Random

import pytest
import torch

from triwire_server.engine.models.kv_cache import COLUMNS, FEWEST_SLOTS, SlotCache
from triwire_server.engine.models.ragged import Ragged, using

CPU = torch.device("cpu")


def states(tokens: int, seed: int, heads: int = 2) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Keys and values of two layers."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(heads, tokens, 4, generator=generator), torch.randn(heads, tokens, 4, generator=generator))
        for _ in range(2)
    ]


def kept(cache: SlotCache, slot: int, columns: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(layer.keys[slot, :, :columns], layer.values[slot, :, :columns]) for layer in cache.layers]


def assert_same(one: list[tuple[torch.Tensor, torch.Tensor]], other: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    for pair, other_pair in zip(one, other, strict=True):
        assert all(torch.equal(*each) for each in zip(pair, other_pair, strict=True))


def test_what_was_put_is_in_the_first_columns_and_the_rest_is_zero() -> None:
    cache = SlotCache(2, CPU)
    cache.reserve(2, 10)
    cache.put(1, states(7, seed=0))
    assert_same(kept(cache, 1, 7), states(7, seed=0))
    for layer in cache.layers:
        assert not layer.keys[0].any()
        assert not layer.values[1, :, 7:].any()


def test_growing_keeps_what_the_slots_in_use_hold() -> None:
    cache = SlotCache(2, CPU)
    cache.reserve(2, 10)
    cache.put(0, states(3, seed=0))
    cache.put(1, states(9, seed=1))
    cache.reserve(FEWEST_SLOTS + 1, COLUMNS + 1, [3, 9])
    assert cache.layers[0].keys.shape == (2 * FEWEST_SLOTS, 2, 2 * COLUMNS, 4)
    assert_same(kept(cache, 0, 3), states(3, seed=0))
    assert_same(kept(cache, 1, 9), states(9, seed=1))


def test_room_that_is_there_is_not_taken_again() -> None:
    cache = SlotCache(1, CPU)
    cache.reserve(2, 10)
    cache.put(0, states(3, seed=0)[:1])
    before = cache.layers[0].keys
    cache.reserve(FEWEST_SLOTS, COLUMNS, [3])
    assert cache.layers[0].keys is before


def test_a_slot_is_copied_with_its_columns() -> None:
    cache = SlotCache(2, CPU)
    cache.reserve(3, 10)
    cache.put(2, states(5, seed=3))
    cache.copy([2], [0], 5)
    assert_same(kept(cache, 0, 5), states(5, seed=3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_library_writes_through_update(dtype: torch.dtype) -> None:
    cache = SlotCache(1, CPU)
    cache.reserve(2, 10)
    keys = torch.randn(1, 2, 3, 4).to(dtype)
    with using(Ragged([1, 2], CPU, slots=[1, 0], starts=[4, 0])):
        buffers = cache.update(keys, keys + 1, 0)
    assert buffers[0].dtype == torch.float32
    assert torch.equal(buffers[0][1, :, 4], keys[0, :, 0].float())
    assert torch.equal(buffers[1][0, :, :2], (keys[0, :, 1:] + 1).float())


def test_positions_are_not_counted_here() -> None:
    cache = SlotCache(1, CPU)
    assert cache.get_seq_length() == 0
    cache.reserve(1, 10)
    cache.put(0, states(5, seed=0)[:1])
    assert cache.get_seq_length() == 0


def test_memory_is_taken_when_it_is_written() -> None:
    def resident_bytes() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    before = resident_bytes()
    cache = SlotCache(1, CPU)
    cache.reserve(64, 16_384)  # 64 x 16,384 x 2 x 64 x 4 bytes, twice: 1 GiB
    cache.put(Random(0).randrange(64), [(torch.ones(2, 100, 64), torch.ones(2, 100, 64))])
    assert cache.layers[0].keys.numel() == 64 * 16_384 * 128
    assert resident_bytes() - before < 64 << 20
