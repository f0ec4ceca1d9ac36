"""How a finished result is named and written where replicas share it.

A name is `triwire:result:1:` and 64 hex digits: HMAC-SHA-256 over the model's identity and every field of the segment.
A value is, in bytes: 1 format, 16 tag, 1 flags (bit 0: truncated), then the text in UTF-8. The tag is an HMAC-SHA-256,
cut to 128 bits, over the name and what follows the tag. So a value that was cut, or belongs to another name, is told;
with a secret also one that was written by somebody who does not have it.
"""

import hmac
import json
from dataclasses import asdict, dataclass, fields
from typing import Protocol

from triwire_server.segment import Segment

PREFIX = "triwire:result:1:"
"""Of every name. The number changes with the way names are made."""

_FORMAT = 1
_TAG_BYTES = 16
_TEXT_START = 1 + _TAG_BYTES + 1
_TRUNCATED = 1
_SEGMENT_FIELDS = tuple(field.name for field in fields(Segment))


class InvalidValue(ValueError):
    """A value that is no result of its name. The message holds nothing of it."""


@dataclass(frozen=True, slots=True)
class SharedResult:
    """What is shared of an output."""

    text: str
    truncated: bool


class SharedResults(Protocol):
    """Where replicas find results of each other, as the engine sees it. Neither method raises."""

    async def get(self, model: str, segment: Segment) -> SharedResult | None:
        """A result that a replica has kept, or None."""

    def put(self, model: str, segment: Segment, result: SharedResult) -> None:
        """Keep a result, without a wait."""


class ResultCodec:
    """Names and values of results.

    Args:
        secret: replicas with the same one share results. Empty: whoever can write to the store is trusted.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def name(self, model: str, segment: Segment) -> str:
        """What a result is kept under.

        Args:
            model: `Model.identity`, which holds what the result depends on beside the segment.
            segment: what the model reads.
        """
        # JSON with sorted keys and ASCII alone is the same for equal fields, and only for those.
        values = {name: getattr(segment, name) for name in _SEGMENT_FIELDS}
        everything = {"model": model, "segment": values}
        text = json.dumps(everything, sort_keys=True, separators=(",", ":"), default=asdict)
        return PREFIX + self._digest(b"name", text.encode()).hex()

    def encode(self, name: str, result: SharedResult) -> bytes:
        """The value to keep under a name."""
        flags = _TRUNCATED if result.truncated else 0
        # A decoder may write half of a surrogate pair, which is no UTF-8 otherwise.
        body = bytes([flags]) + result.text.encode("utf-8", "surrogatepass")
        return bytes([_FORMAT]) + self._tag(name, body) + body

    def decode(self, name: str, value: object) -> SharedResult:
        """The result in a value.

        Raises:
            InvalidValue: it is none, or none of this name.
        """
        if not isinstance(value, bytes) or len(value) < _TEXT_START:
            raise InvalidValue("too short")
        if value[0] != _FORMAT:
            raise InvalidValue("another format")
        tag, body = value[1 : 1 + _TAG_BYTES], value[1 + _TAG_BYTES :]
        if not hmac.compare_digest(tag, self._tag(name, body)):
            raise InvalidValue("the tag does not fit")
        if body[0] & ~_TRUNCATED:
            raise InvalidValue("unknown flags")
        try:
            text = body[1:].decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise InvalidValue("no UTF-8") from None
        return SharedResult(text, bool(body[0] & _TRUNCATED))

    def _tag(self, name: str, body: bytes) -> bytes:
        return self._digest(b"value", name.encode() + b"\0" + bytes([_FORMAT]) + body)[:_TAG_BYTES]

    def _digest(self, purpose: bytes, message: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + b"\0" + message, "sha256")
