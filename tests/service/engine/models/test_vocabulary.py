from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny_tokenizers import FOREIGN_LINES, TEXT
from triwire_server.engine.models.vocabulary import (
    Pieces,
    Trim,
    is_needed,
    read_kept_ids,
    script_name,
    write_kept_ids,
)

SPACE = "\u2581"  # LOWER ONE EIGHTH BLOCK: a space in sentencepiece


@pytest.mark.parametrize(
    "text",
    [
        f"{SPACE}the",
        f"{SPACE}Škoda",
        "Nguyễn",
        "항만",
        "ひらガナー",
        "ﾊﾝｶｸ",  # half width katakana
        "ＡＢ１２",  # full width
        "港湾",
        "们",  # simplified Han: scripts are kept whole
        "1,200",
        "…」％",
        "\u3000",  # IDEOGRAPHIC SPACE
        "\u0301",  # COMBINING ACUTE ACCENT
        "🙂",
        "👍🏽",
        "❤\ufe0f",  # VARIATION SELECTOR-16
        "₩€¥",
        "㈜①㎞",
        "β",
        f"{SPACE}Ω",
        "д",
        SPACE,
        "",
        "\n",
    ],
)
def test_what_the_three_languages_write_is_needed(text: str) -> None:
    assert is_needed(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "причал",
        f"{SPACE}и\u2010",  # with punctuation that all share
        "λόγος",
        "الرصيف",
        "،",  # Arabic comma
        "٣",  # Arabic digit
        "ท่าเรือ",
        "\u0e31",  # THAI CHARACTER MAI HAN-AKAT, a mark
        "घाट",
        "।",  # Devanagari danda
        "שלום",
        "ქართული",
        "Հայ",
        "བོད",
        "ㄅㄆ",  # Bopomofo
        "aд",  # mixed
        "⠿",  # Braille
    ],
)
def test_pieces_of_other_scripts_are_not(text: str) -> None:
    assert not is_needed(text.encode())


@given(st.sampled_from([line for text in TEXT.values() for line in text.splitlines()]), st.data())
def test_no_part_of_our_text_is_dropped(line: str, data: st.DataObject) -> None:
    raw = line.encode()
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(raw)), st.integers(0, len(raw)))))
    assert is_needed(raw[start:end]), "also where a byte-level piece cuts a character"


@pytest.mark.parametrize(
    ("piece", "name"),
    [
        (f"{SPACE}the".encode(), "latin"),
        ("항만".encode(), "hangul"),
        ("カナ".encode(), "kana"),
        ("港".encode(), "han"),
        (b"1,200", "shared"),
        (SPACE.encode(), "shared"),
        ("причал".encode(), "cyrillic"),
        ("a-ท่า".encode(), "thai"),
        (b"\xe0\xb8", "bytes"),
    ],
)
def test_scripts_are_named_for_a_census(piece: bytes, name: str) -> None:
    assert script_name(piece) == name


def pieces_of(*names: str | bytes | None, controls: tuple[int, ...] = (0,), unknown_id: int | None = 0) -> Pieces:
    """A vocabulary of pieces; None for control tokens, and a byte for a byte piece."""
    by_id = [name.encode() if isinstance(name, str) else name for name in names]
    byte_ids = frozenset(number for number, name in enumerate(names) if isinstance(name, bytes))
    return Pieces(by_id, frozenset(controls), byte_ids, unknown_id)


def test_control_tokens_bytes_and_what_is_asked_for_stay() -> None:
    pieces = pieces_of(None, b"\xe0", "при", "a", None, "ท่า", "항", None, controls=(0, 7))
    assert pieces.needed() == [0, 1, 3, 6, 7]
    assert pieces.needed([4]) == [0, 1, 3, 4, 6, 7]


def test_ids_are_translated_there_and_back() -> None:
    trim = Trim([0, 2, 5], pieces_of(None, "при", "a", "ท่า", "и", "b"))
    assert trim.apply([2, 5, 0]) == ([1, 2, 0], 0)
    assert trim.published_ids([1, 2, 0]) == [2, 5, 0]
    assert (trim.new_id(5), trim.new_id(1)) == (2, None)


def test_the_longest_kept_pieces_stand_in_for_one_that_is_dropped() -> None:
    pieces = pieces_of(None, f"{SPACE}при-ab", SPACE, "п", "р", "и", "-", "a", "-a", "b")
    trim = Trim([0, 2, 3, 4, 5, 6, 7, 8, 9], pieces)
    ids, num_missing = trim.apply([1, 7, 1])
    standin = [1, 2, 3, 4, 7, 8]
    assert (ids, num_missing) == ([*standin, 6, *standin], 2)


def test_characters_without_a_piece_are_one_unknown_token_a_run() -> None:
    trim = Trim([0, 2, 3], pieces_of(None, "aท่าb", "a", "b"))
    assert trim.apply([1]) == ([1, 0, 2], 1)


def test_bytes_stand_in_for_characters_and_a_characters_own_piece_comes_first() -> None:
    pieces = pieces_of(None, b"a", b"\xe0", b"\xb8", b"\x97", "a", "aท")
    assert Trim([0, 1, 2, 3, 4, 5], pieces).apply([6]) == ([5, 2, 3, 4], 1)


def test_what_cannot_be_read_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"neither the bytes of .* nor an unknown token"):
        Trim([1], pieces_of("ท", "a", controls=(), unknown_id=None)).apply([0])
    with pytest.raises(ValueError, match="id 0 is no piece of text"):
        Trim([1], pieces_of(None, "a", controls=())).apply([0])


@given(st.lists(st.sampled_from([0, 1, 2, 3, 4])))
def test_every_missing_piece_is_counted(ids: list[int]) -> None:
    trim = Trim([0, 2, 4], pieces_of(None, "при", "a", "ท่า", "b"))
    made, num_missing = trim.apply(ids)
    assert num_missing == sum(id_ in (1, 3) for id_ in ids)
    assert len(made) == len(ids)


def test_kept_ids_are_read_as_written(tmp_path: Path) -> None:
    assert read_kept_ids(tmp_path) is None
    write_kept_ids(tmp_path, [0, 1, 7], 9)
    assert read_kept_ids(tmp_path) == ([0, 1, 7], 9)


def test_the_foreign_lines_of_the_tests_hold_what_is_dropped() -> None:
    assert not any(is_needed(word.encode()) for line in FOREIGN_LINES for word in line.split() if len(word) > 1)
