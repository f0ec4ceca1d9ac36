"""Which pieces of a published vocabulary English, Korean and Japanese text can need, and the ids that a trim leaves.

A multilingual vocabulary is half Cyrillic, Arabic, Thai and the like. Its output head is most of a decoding step, so
the rows that our three languages cannot need are dropped when a checkpoint is converted (`checkpoint_conversion.py`).
The published tokenizer stays as it is: its ids are translated to those of the trimmed model and back.

Pieces are looked at as bytes: U+2581 (LOWER ONE EIGHTH BLOCK) stands for a space, `<0x41>` is the byte 0x41, and a
piece of a byte-level vocabulary may begin or end inside a character.
"""

import functools
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triwire_server.text.characters import Script, script_of

TRIM_FILE = "trimmed-vocabulary.json"
"""Beside the weights of a trimmed model: the size of the published vocabulary, and the ids that were kept, ascending.
A kept id's place in the list is its id in the trimmed model."""

SPACE = "\u2581"
"""LOWER ONE EIGHTH BLOCK: how sentencepiece writes a space."""

PREFIX_PIECE = re.compile(r"<2[\w-]+>")
"""MADLAD-400's language tokens, which may be ordinary pieces of a vocabulary."""

BYTE_PIECES = frozenset(f"<0x{byte:02X}>" for byte in range(256))
"""What sentencepiece writes for the bytes of a character that has no piece, in vocabularies that hold them."""

_SCRIPTS = frozenset({Script.LATIN, Script.HANGUL, Script.KANA, Script.HAN})

_SHARED_RANGES: tuple[tuple[int, int], ...] = (
    (0x0000, 0x036F),  # controls, ASCII, Latin with accents, phonetic letters, spacing and combining accents
    (0x1AB0, 0x1AFF),  # combining accents, continued
    (0x1D00, 0x1DFF),  # phonetic letters, combining accents
    (0x2000, 0x27FF),  # punctuation, currencies, letterlike and mathematical signs, arrows, boxes, dingbats
    (0x2900, 0x2BFF),  # arrows and mathematical signs, continued (Braille, before them, is a script)
    (0x2C60, 0x2C7F),  # Latin, extended
    (0x2E00, 0x30FF),  # punctuation, parts of Han characters, ideographic space and brackets, kana with their marks
    (0x3130, 0x319F),  # Hangul letters, marks between lines of Han
    (0x31C0, 0x33FF),  # strokes of Han characters, small kana, enclosed and squared signs
    (0xA720, 0xA7FF),  # Latin, extended
    (0xAB30, 0xAB6F),  # Latin, extended
    (0xFB00, 0xFB06),  # Latin ligatures
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFE10, 0xFE6F),  # vertical and small punctuation, combining half marks
    (0xFEFF, 0xFEFF),  # BYTE ORDER MARK
    (0xFF00, 0xFFFD),  # full width and half width forms, REPLACEMENT CHARACTER
    (0x1AFF0, 0x1B16F),  # kana, continued
    (0x1D400, 0x1D7FF),  # mathematical letters and digits
    (0x1F000, 0x1FBFF),  # emoji, symbols, enclosed letters
    (0xE0000, 0xE01EF),  # tags of flags, variation selectors
)
"""What the three languages write beside the letters of their own scripts. Everything else belongs to other scripts."""

_NATIONAL_SETS = ("euc_jis_2004", "euc_kr")
"""Encodings of the Japanese and Korean national character sets (JIS X 0213, KS X 1001). They hold the Greek and
Cyrillic letters, which both languages write alone as signs ("\u03b2"), never as words."""


@functools.cache
def is_needed_character(character: str) -> bool:
    """Whether a character is of the scripts of the three languages or shared by all scripts."""
    code = ord(character)
    return any(low <= code <= high for low, high in _SHARED_RANGES) or script_of(character) in _SCRIPTS


def is_needed(piece: bytes) -> bool:
    """Whether English, Korean or Japanese text can need a piece.

    Args:
        piece: its bytes. Fragments of characters at its ends say nothing, so that they do not drop it.
    """
    text = piece.decode("utf-8", errors="ignore")
    letters = text.replace(SPACE, " ").strip()
    return all(map(is_needed_character, text)) or (len(letters) == 1 and _is_national(letters))


@functools.cache
def _is_national(character: str) -> bool:
    for encoding in _NATIONAL_SETS:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False


def script_name(piece: bytes) -> str:
    """Name of a piece's script, for a census: that of its first foreign character, else of its first letter."""
    text = piece.decode("utf-8", errors="ignore").replace(SPACE, "")
    if not text and piece not in (b"", SPACE.encode()):
        return "bytes"
    if foreign := next((character for character in text if not is_needed_character(character)), ""):
        return unicodedata.name(foreign, "unnamed").removeprefix("EXTENDED ").split(" ")[0].split("-")[0].lower()
    scripts = (script_of(character) for character in text)
    first = next((script for script in scripts if script in _SCRIPTS), None)
    return "shared" if first is None else first.value


@dataclass(frozen=True, slots=True)
class Pieces:
    """A published vocabulary, by id."""

    by_id: Sequence[bytes | None]
    """Each piece as bytes; None for a control token, and for an id without a piece (padding to a round number)."""

    controls: frozenset[int]
    """Ids of control tokens: special ones, language codes."""

    byte_ids: frozenset[int] = frozenset()
    """Ids of byte pieces, where other pieces hold whole characters."""

    unknown_id: int | None = None
    """What stands for text that the vocabulary has no piece for."""

    @classmethod
    def of_tokenizer(cls, tokenizer: Any, size: int, *, is_byte_level: bool) -> "Pieces":
        """Those of a tokenizer of the transformers library.

        Args:
            tokenizer: as published.
            size: ids that the model has, which may be more than the tokenizer's.
            is_byte_level: whether its pieces are written in the alphabet of byte-level BPE.
        """
        vocabulary: Mapping[str, int] = tokenizer.get_vocab()
        controls = control_ids(tokenizer, vocabulary)
        byte_ids = frozenset(vocabulary[piece] for piece in BYTE_PIECES) if vocabulary.keys() >= BYTE_PIECES else set()
        by_id: list[bytes | None] = [None] * size
        for piece, id_ in vocabulary.items():
            if id_ < size and id_ not in controls:
                if id_ in byte_ids:
                    by_id[id_] = bytes([int(piece[3:5], 16)])
                else:
                    by_id[id_] = _byte_level_bytes(piece) if is_byte_level else piece.encode()
        return cls(by_id, frozenset(id_ for id_ in controls if id_ < size), frozenset(byte_ids), tokenizer.unk_token_id)

    def needed(self, also: Iterable[int] = ()) -> list[int]:
        """Ids that stay: control tokens, single bytes, what the three languages can need, and others asked for."""
        found = {id_ for id_, piece in enumerate(self.by_id) if piece is not None and is_needed(piece)}
        return sorted(found | self.controls | self.byte_ids | set(also))


def control_ids(tokenizer: Any, vocabulary: Mapping[str, int]) -> frozenset[int]:
    """Ids that never stand for text. M2M100 and MADLAD-400 do not count their language tokens as special."""
    languages: Mapping[str, int] = getattr(tokenizer, "lang_token_to_id", {})
    prefixes = {id_ for piece, id_ in vocabulary.items() if PREFIX_PIECE.fullmatch(piece)}
    return frozenset({*tokenizer.all_special_ids, *languages.values(), *prefixes})


class Trim:
    """Ids of a published vocabulary to those of the trimmed model, and back.

    Args:
        kept_ids: published ids that were kept, ascending.
        pieces: the published vocabulary.
    """

    def __init__(self, kept_ids: Sequence[int], pieces: Pieces) -> None:
        self.kept_ids = tuple(kept_ids)
        self._pieces = pieces
        self._new_ids = {id_: number for number, id_ in enumerate(self.kept_ids)}
        self._standins: dict[int, tuple[int, ...]] = {}

    def new_id(self, published_id: int) -> int | None:
        """The trimmed model's id; None for a piece that it lacks."""
        return self._new_ids.get(published_id)

    def missing_text(self, published_id: int) -> str:
        """Text of a published piece, for a census."""
        return (self._pieces.by_id[published_id] or b"").decode("utf-8", errors="replace")

    def published_ids(self, ids: Iterable[int]) -> list[int]:
        """Published ids of what the trimmed model wrote."""
        return [self.kept_ids[id_] for id_ in ids]

    def apply(self, published_ids: Iterable[int]) -> tuple[list[int], int]:
        """Ids of a text for the trimmed model.

        Returns:
            The ids, and how many pieces the trimmed model lacks; shorter ones stand in for them, or the unknown token.
        """
        ids: list[int] = []
        num_missing = 0
        for published_id in published_ids:
            new_id = self._new_ids.get(published_id)
            if new_id is not None:
                ids.append(new_id)
                continue
            num_missing += 1
            if published_id not in self._standins:
                # A race computes the same twice, which does no harm.
                self._standins[published_id] = tuple(self._standin(published_id))
            ids += self._standins[published_id]
        return ids, num_missing

    def _standin(self, published_id: int) -> list[int]:
        """The same text in kept pieces, each as long as possible; the unknown token for characters without any."""
        piece = self._pieces.by_id[published_id]
        if piece is None:
            raise ValueError(f"id {published_id} is no piece of text")
        ids: list[int] = []
        unknown = None if self._pieces.unknown_id is None else self._new_ids[self._pieces.unknown_id]
        start = 0
        while start < len(piece):
            end = next((end for end in range(len(piece), start, -1) if piece[start:end] in self._kept_pieces), None)
            if end is not None:
                ids.append(self._kept_pieces[piece[start:end]])
                start = end
                continue
            if unknown is None:
                raise ValueError(f"the trimmed vocabulary has neither the bytes of {piece!r} nor an unknown token")
            if not ids or ids[-1] != unknown:
                ids.append(unknown)
            start += len(piece[start:].decode("utf-8", errors="ignore")[:1].encode()) or 1
        return ids

    @functools.cached_property
    def _kept_pieces(self) -> dict[bytes, int]:
        """New ids by piece; of a character that is also a byte piece, that of the character."""
        found: dict[bytes, int] = {}
        for number, id_ in sorted(enumerate(self.kept_ids), key=lambda item: item[1] in self._pieces.byte_ids):
            piece = self._pieces.by_id[id_]
            if piece is not None:
                found.setdefault(piece, number)
        return found


def write_kept_ids(directory: Path, kept_ids: Sequence[int], published_size: int) -> None:
    """Write what a trim kept beside the weights."""
    content = {"published_size": published_size, "kept_ids": list(kept_ids)}
    (directory / TRIM_FILE).write_text(json.dumps(content), encoding="utf-8")


def read_kept_ids(directory: Path) -> tuple[list[int], int] | None:
    """Published ids that a trim kept and the size of the published vocabulary; None if nothing was trimmed.

    Raises:
        ValueError: the file is damaged.
    """
    path = directory / TRIM_FILE
    if not path.is_file():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    return [int(id_) for id_ in content["kept_ids"]], int(content["published_size"])


@functools.cache
def _byte_alphabet() -> dict[str, int]:
    """The byte that each character of a byte-level vocabulary stands for.

    Radford et al. 2019 (GPT-2): visible Latin-1 characters stand for their own bytes, the others are numbered from
    U+0100 on.
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    alphabet = {chr(byte): byte for byte in visible}
    return alphabet | {chr(0x100 + number): byte for number, byte in enumerate(hidden)}


def _byte_level_bytes(piece: str) -> bytes:
    """Bytes of a byte-level piece; an added token is written as it is."""
    alphabet = _byte_alphabet()
    if any(character not in alphabet for character in piece):
        return piece.encode()
    return bytes(alphabet[character] for character in piece)
