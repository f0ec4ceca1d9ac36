from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from triwire_server.engine.models.kv_rows import GROWTH, ROW_GROWTH, KeyValueRows, KeyValues, SourceRows, left_padded


def part(*rows: list[int], layers: int = 2) -> KeyValues:
    """Texts whose keys are their numbers and whose values are their negatives; 0 is padding on the left."""
    numbers = torch.tensor(rows, dtype=torch.float32)[:, None, :, None]  # (rows, 1 head, columns, size 1)
    mask = (torch.tensor(rows) != 0).long()
    return KeyValues(tuple((numbers + 100 * layer, -numbers) for layer in range(layers)), mask)


def rows_of(parts: list[KeyValues]) -> KeyValueRows:
    """A batch that the parts have joined one after the other."""
    batch = KeyValueRows()
    for each in parts:
        batch.add(each)
    return batch


def keys(batch: KeyValueRows, layer: int = 0) -> list[list[float]]:
    rows: list[list[float]] = batch.cache.layers[layer].keys[:, 0, :, 0].tolist()
    return rows


def values(batch: KeyValueRows, layer: int = 0) -> list[list[float]]:
    rows: list[list[float]] = batch.cache.layers[layer].values[:, 0, :, 0].tolist()
    return rows


def write(batch: KeyValueRows, *numbers: float) -> None:
    """Write one token for each row into every layer, as the model does."""
    batch.next_token()
    states = torch.tensor(numbers)[:, None, None, None]
    for number in range(len(batch.cache.layers)):
        batch.cache.update(states, -states, number)


def test_shorter_texts_are_padded_on_the_left_with_zeros() -> None:
    batch = rows_of([part([1, 2, 3]), part([4], [5])])
    assert keys(batch) == [[1, 2, 3], [0, 0, 4], [0, 0, 5]]
    assert keys(batch, layer=1) == [[101, 102, 103], [0, 0, 104], [0, 0, 105]]
    assert values(batch) == [[-1, -2, -3], [0, 0, -4], [0, 0, -5]]


def test_new_tokens_are_seen_by_mask_and_position() -> None:
    batch = rows_of([part([1, 2, 3]), part([0, 4, 5])])
    mask, positions = batch.next_token()
    assert mask.tolist() == [[1, 1, 1, 1], [0, 1, 1, 1]]
    assert positions.tolist() == [[3], [2]]
    assert batch.next_token()[1].tolist() == [[4], [3]]


def test_a_written_token_is_the_last_column() -> None:
    batch = rows_of([part([1, 2]), part([3])])
    write(batch, 7, 8)
    assert keys(batch) == [[1, 2, 7], [0, 3, 8]]
    assert values(batch, layer=1) == [[-1, -2, -7], [0, -3, -8]]


def test_the_last_row_takes_the_slot_of_a_dropped_one() -> None:
    batch = rows_of([part([1, 2]), part([3]), part([4, 5])])
    batch.drop(0)
    assert keys(batch) == [[4, 5], [0, 3]]
    write(batch, 6, 7)
    assert keys(batch) == [[4, 5, 6], [0, 3, 7]]
    batch.drop(1)
    assert keys(batch) == [[4, 5, 6]]
    mask, positions = batch.next_token()
    assert mask.tolist() == [[1, 1, 1, 1]]
    assert positions.tolist() == [[3]]


def test_buffers_grow_without_loss() -> None:
    batch = rows_of([part([1]), part([2])])
    written = range(1000, 1000 + 2 * GROWTH + 3)
    for number in written:
        write(batch, number, -number)
    assert keys(batch) == [[1, *written], [2, *(-number for number in written)]]
    batch.drop(0)
    write(batch, 7)
    assert keys(batch) == [[2, *(-number for number in written), 7]]


def test_a_shared_prefix_is_continued_by_each_row() -> None:
    prefix = part([1, 2])
    cache = prefix.repeated(3)
    cache.update(torch.full((3, 1, 1, 1), 9.0), torch.zeros(3, 1, 1, 1), 0)
    assert cache.layers[0].keys[:, 0, :, 0].tolist() == [[1, 2, 9]] * 3
    assert prefix.layers[0][0][0, 0, :, 0].tolist() == [1, 2], "the prefix itself stays as it was"


def test_rows_join_at_any_step_aligned_with_those_that_run() -> None:
    batch = rows_of([part([1, 2])])
    write(batch, 3)
    batch.add(part([4]))
    assert keys(batch) == [[1, 2, 3], [0, 0, 4]]
    batch.add(part([5, 6, 7, 8, 9]))  # longer than what there is
    assert keys(batch) == [[0, 0, 1, 2, 3], [0, 0, 0, 0, 4], [5, 6, 7, 8, 9]]
    mask, positions = batch.next_token()
    assert mask.tolist() == [[0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1], [1, 1, 1, 1, 1, 1]]
    assert positions.tolist() == [[3], [1], [5]]


def test_columns_that_no_row_owns_any_more_are_not_looked_at() -> None:
    batch = rows_of([part([1, 2, 3, 4]), part([5])])
    batch.drop(0)
    assert keys(batch) == [[5]]
    write(batch, 6)
    assert keys(batch) == [[5, 6]]
    batch.drop(0)
    assert len(batch) == 0
    batch.add(part([7, 8]))
    assert keys(batch) == [[7, 8]]


Joins = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2 * ROW_GROWTH), st.integers(1, 150)), max_size=12)


@given(joins=Joins, data=st.data())
@settings(deadline=None)
def test_whatever_joins_and_leaves_every_row_keeps_its_own_tokens(joins: list[tuple[int, int, int]], data: Any) -> None:
    batch, expected, number = KeyValueRows(), list[list[int]](), 0
    for drops, rows, length in joins:
        new = [[number + row * length + column + 1 for column in range(length)] for row in range(rows)]
        number += rows * length
        batch.add(part(*new))
        expected += new
        for _ in range(data.draw(st.integers(0, 70))):
            write(batch, *range(number, number + len(expected)))
            expected = [[*row, number + index] for index, row in enumerate(expected)]
            number += len(expected)
        for _ in range(min(drops, len(expected))):
            row = data.draw(st.integers(0, len(expected) - 1))
            batch.drop(row)
            expected[row] = expected[-1]
            expected.pop()
        if expected:
            mask, positions = batch.next_token()
            # The token itself is not written; its column is there.
            assert positions[:, 0].tolist() == [len(row) for row in expected]
            assert mask.sum(dim=1).tolist() == [len(row) + 1 for row in expected]
            batch.cache.update(torch.zeros(len(expected), 1, 1, 1), torch.zeros(len(expected), 1, 1, 1), 0)
            batch.cache.update(torch.zeros(len(expected), 1, 1, 1), torch.zeros(len(expected), 1, 1, 1), 1)
            expected = [[*row, 0] for row in expected]
            shown = [
                [int(key) for key, own in zip(row_keys, row_mask, strict=True) if own]
                for row_keys, row_mask in zip(keys(batch), mask.tolist(), strict=True)
            ]
            assert shown == expected


def source(*rows: list[int]) -> KeyValues:
    """Sources whose keys are their numbers; 0 is padding on the right."""
    return part(*rows)


def test_sources_are_as_wide_as_the_longest_that_is_there() -> None:
    sources = SourceRows()
    sources.add(source([1, 2, 0], [3, 4, 5]))
    sources.add(source([6]))
    assert sources.cache.layers[0].keys[:, 0, :, 0].tolist() == [[1, 2, 0], [3, 4, 5], [6, 0, 0]]
    assert sources.mask.tolist() == [[1, 1, 0], [1, 1, 1], [1, 0, 0]]
    sources.drop(1)
    assert sources.mask.tolist() == [[1, 1], [1, 0]]
    assert (sources.cache.layers[0].keys[:, 0, :, 0] * sources.mask).tolist() == [[1, 2], [6, 0]]
    sources.add(source([7, 8, 9, 10]))
    assert sources.cache.layers[1].values[:, 0, :, 0].tolist()[2] == [-7, -8, -9, -10]
    assert sources.mask.tolist() == [[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1]]
    for _ in range(3):
        sources.drop(0)
    assert sources.mask.shape == (0, 0)


def test_texts_are_padded_on_the_left() -> None:
    ids, mask = left_padded([[1], [2, 3, 4]])
    assert ids.tolist() == [[0, 0, 1], [2, 3, 4]]
    assert mask.tolist() == [[0, 0, 1], [1, 1, 1]]
