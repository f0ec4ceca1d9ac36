"""Batches in files: a line of JSON for each item in, a line for each answer out, resumable.

A line in is a `ProcessBatchRequest`, a line out a `ProcessBatchResponse`, both as protobuf JSON. An item without an
id gets that of its line, "line-7".
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import json_format
from google.rpc import error_details_pb2  # noqa: F401 - makes the details of errors known to json_format

from triwire.v1 import article_service_pb2
from triwire_client.batch import BatchResult
from triwire_client.errors import TriwireError, Violation, invalid_request, to_status
from triwire_client.inputs import InputError, one_line

OPERATIONS = ("translate", "summarize", "extract_article", "detect_language", "process_article")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no item, with the answer that it gets."""

    result: BatchResult


def resume(path: Path) -> set[str]:
    """Bring an output file into the state from which a batch goes on, and tell which items have a result.

    A half-written last line is dropped, and so are errors: those items are tried again, and each item keeps one
    line. A file that does not exist is an empty one.

    Returns:
        Ids of the items that need no work.

    Raises:
        InputError: the file cannot be read or written, or holds something else than answers.
    """
    if not path.exists():
        return set()
    done: set[str] = set()
    try:
        with path.open("rb") as file:
            is_clean = all(_is_kept(path, number, line, done) for number, line in enumerate(file, 1))
        if not is_clean:
            _rewrite(path, done := set())
    except OSError as error:
        raise InputError(f"{path}: cannot be used: {error.strerror or error}") from error
    return done


def count_items(path: Path) -> int:
    """How many lines of a file hold something.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_items(
    lines: Iterable[bytes], done: set[str]
) -> Iterator[article_service_pb2.ProcessBatchRequest | BadLine | None]:
    """The items of an input file; None for one that has its result already. Empty lines are passed over.

    Args:
        lines: as they are in the file.
        done: ids of the items that need no work.
    """
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        item = article_service_pb2.ProcessBatchRequest()
        try:
            json_format.Parse(line.decode("utf-8-sig" if number == 1 else "utf-8"), item)
        except (json_format.ParseError, ValueError) as error:
            violation = Violation(f"line {number}", one_line(error))
            yield BadLine(BatchResult(_id_of(line) or f"line-{number}", None, invalid_request([violation])))
            continue
        item.item_id = item.item_id or f"line-{number}"
        if item.item_id in seen:
            violation = Violation("item_id", "was used before in this file")
            yield BadLine(BatchResult(item.item_id, None, invalid_request([violation], "ITEM_ID_REUSED")))
            continue
        seen.add(item.item_id)
        yield None if item.item_id in done else item


def to_answer(result: BatchResult) -> article_service_pb2.ProcessBatchResponse:
    """The message of an answer; an error is in it as a status."""
    answer = article_service_pb2.ProcessBatchResponse(item_id=result.item_id)
    try:
        response = result.unwrap()
    except TriwireError as error:
        answer.error.CopyFrom(to_status(error))
        return answer
    types = answer.DESCRIPTOR.fields_by_name
    field = next(name for name in OPERATIONS if types[name].message_type is response.DESCRIPTOR)
    getattr(answer, field).CopyFrom(response)
    return answer


def write_answer(answer: article_service_pb2.ProcessBatchResponse) -> bytes:
    """The line of an answer."""
    text = json_format.MessageToJson(answer, preserving_proto_field_name=True, ensure_ascii=False, indent=None)
    return text.encode() + b"\n"


def _rewrite(path: Path, done: set[str]) -> None:
    """Keep the lines with results alone. The file is replaced as a whole, so that an interruption loses nothing."""
    repaired = path.with_name(path.name + ".repaired")
    try:
        with path.open("rb") as old, repaired.open("wb") as new:
            for number, line in enumerate(old, 1):
                if _is_kept(path, number, line, done):
                    new.write(line)
        os.replace(repaired, path)
    finally:
        repaired.unlink(missing_ok=True)


def _is_kept(path: Path, number: int, line: bytes, done: set[str]) -> bool:
    """Whether a line is whole and the first result of its item, which is then noted as done."""
    if not line.endswith(b"\n"):
        return False  # cut off while it was written
    item_id, has_result = _read_answer(path, number, line)
    if not has_result or item_id in done:
        return False
    done.add(item_id)
    return True


def _read_answer(path: Path, number: int, line: bytes) -> tuple[str, bool]:
    try:
        answer = json.loads(line)
        item_id = answer["item_id"]
        results = [answer[name] for name in OPERATIONS if name in answer]
        # An item has the same keys as its answer, but only a request has content.
        if not isinstance(item_id, str) or any("content" in result for result in results):
            raise TypeError("no answer")
        return item_id, bool(results)
    except (ValueError, KeyError, TypeError) as error:
        # Not ours to overwrite: most likely the two files were given the wrong way round.
        raise InputError(
            f"{path}:{number}: is not an answer of a batch; give another output file, or remove this line"
        ) from error


def _id_of(line: bytes) -> str:
    """The id of an item that is wrong elsewhere."""
    try:
        item = json.loads(line)
    except ValueError:
        return ""
    item_id = item.get("item_id", item.get("itemId")) if isinstance(item, dict) else None
    return item_id if isinstance(item_id, str) and item_id.isprintable() else ""
