"""What a trimmed vocabulary keeps of real tokenizers, and what text it then has to read in smaller pieces.

    python benchmarks/vocabulary.py TOKENIZER... [--texts DIRECTORY...] [--json OUT.json]

A tokenizer is a directory that the transformers library reads, or a file: `*.model` or `*.spm` of sentencepiece,
`tokenizer.json`, `tekken*.json` of mistral-common, or ranks as tiktoken has them (whose pieces are counted, but not
those of the texts: the file does not say how it cuts text). Texts are files whose names hold a language: `x.en.txt`,
`x.ko.html`, or the codes of NTREX-128 (`x.eng.txt`, `x.kor.txt`, `x.jpn.txt`); they are read as they are.
"""

import argparse
import base64
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex
import sentencepiece
import transformers.utils.logging
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from triwire_server.engine.models.token_codec import is_byte_level_state
from triwire_server.engine.models.vocabulary import Pieces, Trim, script_name

LANGUAGES = {"en": "en", "eng": "en", "ko": "ko", "kor": "ko", "ja": "ja", "jpn": "ja"}
NUM_SCRIPTS = 6
"""How many scripts are printed each way; the rest is one sum."""


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A vocabulary, and how it reads text if that is known."""

    pieces: Pieces
    encode: Callable[[str], Sequence[int]] | None


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizers", nargs="+", type=Path, help="directories and files")
    parser.add_argument("--texts", nargs="+", type=Path, default=[], help="folders with text files")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    texts = read_texts(arguments.texts)
    found = {}
    for path in arguments.tokenizers:
        name = f"{path.parent.name}/{path.name}"
        found[name] = census(read_tokenizer(path), texts)
        print(describe(name, found[name]))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


def census(tokenizer: Tokenizer, texts: dict[str, list[str]]) -> dict[str, Any]:
    """What is kept and dropped of a vocabulary, by script, and what that means for texts by language."""
    pieces = tokenizer.pieces
    kept = pieces.needed()
    stays = set(kept)
    by_script: dict[str, Counter[str]] = {"kept": Counter(), "dropped": Counter()}
    for id_, piece in enumerate(pieces.by_id):
        side = by_script["kept" if id_ in stays else "dropped"]
        if id_ in pieces.controls:
            side["control"] += 1
        elif id_ in pieces.byte_ids:
            side["bytes"] += 1
        else:
            side["no piece" if piece is None else script_name(piece)] += 1
    figures: dict[str, Any] = {
        "pieces": len(pieces.by_id),
        "kept": len(kept),
        "share_kept": round(len(kept) / len(pieces.by_id), 3),
        "by_script": {side: dict(counts.most_common()) for side, counts in by_script.items()},
    }
    if tokenizer.encode is not None and texts:
        trim = Trim(kept, pieces)
        figures["texts"] = {language: measure(tokenizer.encode, trim, lines) for language, lines in texts.items()}
    return figures


def measure(encode: Callable[[str], Sequence[int]], trim: Trim, lines: Iterable[str]) -> dict[str, Any]:
    """Pieces of a text, how many of them the trim lacks, how many others stand in, and which lines are concerned."""
    num_pieces = num_missing = num_standins = num_lines = 0
    examples: list[str] = []
    for line in lines:
        ids = encode(line)
        made, missing = trim.apply(ids)
        num_pieces += len(ids)
        num_missing += missing
        num_standins += len(made) - (len(ids) - missing)
        num_lines += missing > 0
        examples += [str(trim.missing_text(id_)) for id_ in ids if trim.new_id(id_) is None]
    return {
        "pieces": num_pieces,
        "missing": num_missing,
        "standins": num_standins,
        "lines_with_missing": num_lines,
        "examples": [example for example, _ in Counter(examples).most_common(12)],
    }


def read_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer of any of the formats above."""
    if path.is_dir():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return of_library(AutoTokenizer.from_pretrained(path, trust_remote_code=False, local_files_only=True))
    if path.name.startswith("tekken"):
        return of_tekken(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".json":
        return of_library(PreTrainedTokenizerFast(tokenizer_file=str(path)))
    if re.match(rb"\S+ \d+\n", path.read_bytes()[:200]):
        ranks = [base64.b64decode(line.split()[0]) for line in path.read_bytes().splitlines()]
        return Tokenizer(Pieces(ranks, frozenset()), None)
    return of_sentencepiece(sentencepiece.SentencePieceProcessor(model_file=str(path)))


def of_library(tokenizer: Any) -> Tokenizer:
    """A tokenizer that the transformers library reads."""
    is_byte_level = tokenizer.is_fast and is_byte_level_state(json.loads(tokenizer.backend_tokenizer.to_str()))
    size = 1 + max([*tokenizer.get_vocab().values(), *getattr(tokenizer, "lang_token_to_id", {}).values()])
    pieces = Pieces.of_tokenizer(tokenizer, size, is_byte_level=is_byte_level)
    return Tokenizer(pieces, lambda text: list(tokenizer.encode(text, add_special_tokens=False, verbose=False)))


def of_sentencepiece(model: Any) -> Tokenizer:
    """A file of sentencepiece."""
    size = model.get_piece_size()
    controls = {id_ for id_ in range(size) if model.is_control(id_) or model.is_unknown(id_)}
    byte_ids = frozenset(id_ for id_ in range(size) if model.is_byte(id_))
    by_id: list[bytes | None] = []
    for id_ in range(size):
        piece = model.id_to_piece(id_)
        read = bytes([int(piece[3:5], 16)]) if id_ in byte_ids else piece.encode()
        by_id.append(None if id_ in controls else read)
    return Tokenizer(Pieces(by_id, frozenset(controls), byte_ids, model.unk_id()), model.encode)


def of_tekken(content: dict[str, Any]) -> Tokenizer:
    """A file of mistral-common: a pattern that cuts text, and pieces by rank behind the special tokens."""
    config = content["config"]
    num_special = config["default_num_special_tokens"]
    num_pieces = config["default_vocab_size"] - num_special
    ordered = [base64.b64decode(entry["token_bytes"]) for entry in content["vocab"][:num_pieces]]
    ranks = {piece: rank for rank, piece in enumerate(ordered)}
    pattern = regex.compile(config["pattern"])

    def encode(text: str) -> list[int]:
        words = (match.group().encode() for match in pattern.finditer(text))
        return [num_special + ranks[piece] for word in words for piece in merge(word, ranks)]

    by_id: list[bytes | None] = [*[None] * num_special, *ordered]
    return Tokenizer(Pieces(by_id, frozenset(range(num_special))), encode)


def merge(word: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """Byte pair encoding by rank: of two neighbours the pair that was learned first becomes one, until none is left."""
    parts = [word[place : place + 1] for place in range(len(word))]
    while len(parts) > 1:
        pairs = [ranks.get(left + right, len(ranks)) for left, right in pairwise(parts)]
        best = min(pairs)
        if best == len(ranks):
            break
        place = pairs.index(best)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts


def read_texts(folders: Iterable[Path]) -> dict[str, list[str]]:
    """Lines by language."""
    texts: dict[str, list[str]] = {}
    for path in sorted(path for folder in folders for path in folder.iterdir() if path.is_file()):
        code = path.stem.rpartition(".")[2]
        if code in LANGUAGES:
            lines = path.read_text(encoding="utf-8").splitlines()
            texts.setdefault(LANGUAGES[code], []).extend(line for line in lines if line.strip())
    return texts


def describe(name: str, figures: dict[str, Any]) -> str:
    """The figures of one tokenizer for a person."""
    lines = [f"\n{name}: {figures['kept']:,} of {figures['pieces']:,} pieces kept ({figures['share_kept']:.1%})"]
    for side, counts in figures["by_script"].items():
        first = [f"{script} {count:,}" for script, count in list(counts.items())[:NUM_SCRIPTS]]
        rest = sum(list(counts.values())[NUM_SCRIPTS:])
        lines.append(f"  {side}: {', '.join(first)}{f', others {rest:,}' if rest else ''}")
    for language, read in figures.get("texts", {}).items():
        share = read["missing"] / max(read["pieces"], 1)
        lines.append(
            f"  {language}: {read['missing']:,} of {read['pieces']:,} pieces missing ({share:.4%}) in"
            f" {read['lines_with_missing']:,} lines, {read['standins']:,} stand in:"
            f" {' '.join(read['examples']) or 'none'}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
