import torch

from triwire_server.engine.models.kv_rows import GROWTH, KeyValueRows, KeyValues


def part(*rows: list[int], layers: int = 2) -> KeyValues:
    """Texts whose keys are their numbers and whose values are their negatives; 0 is padding on the left."""
    numbers = torch.tensor(rows, dtype=torch.float32)[:, None, :, None]  # (rows, 1 head, columns, size 1)
    mask = (torch.tensor(rows) != 0).long()
    return KeyValues(tuple((numbers + 100 * layer, -numbers) for layer in range(layers)), mask)


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
    batch = KeyValueRows([part([1, 2, 3]), part([4], [5])])
    assert keys(batch) == [[1, 2, 3], [0, 0, 4], [0, 0, 5]]
    assert keys(batch, layer=1) == [[101, 102, 103], [0, 0, 104], [0, 0, 105]]
    assert values(batch) == [[-1, -2, -3], [0, 0, -4], [0, 0, -5]]


def test_new_tokens_are_seen_by_mask_and_position() -> None:
    batch = KeyValueRows([part([1, 2, 3]), part([0, 4, 5])])
    mask, positions = batch.next_token()
    assert mask.tolist() == [[1, 1, 1, 1], [0, 1, 1, 1]]
    assert positions.tolist() == [[3], [2]]
    assert batch.next_token()[1].tolist() == [[4], [3]]


def test_a_written_token_is_the_last_column() -> None:
    batch = KeyValueRows([part([1, 2]), part([3])])
    write(batch, 7, 8)
    assert keys(batch) == [[1, 2, 7], [0, 3, 8]]
    assert values(batch, layer=1) == [[-1, -2, -7], [0, -3, -8]]


def test_the_last_row_takes_the_slot_of_a_dropped_one() -> None:
    batch = KeyValueRows([part([1, 2]), part([3]), part([4, 5])])
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
    batch = KeyValueRows([part([1]), part([2])])
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
