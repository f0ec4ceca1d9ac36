"""Calls of three priorities and lengths, each with a text that no other has, and what becomes of them."""

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from triwire.v1 import article_pb2, article_service_pb2

PLACES = ("Varrow", "Eastmere", "Calder", "Saltmarsh", "Northholm", "Quillmoor", "Harrow", "Tresco")
SENTENCES = (
    "The council of {place} reopened pier {number} on Tuesday after a winter of repairs.",
    "Engineers said that the concrete of pier {number} had been weakened by salt and storms.",
    "About {number} people in {place} signed a letter asking for the ferry to return.",
    "Prices of fish at the market of {place} rose by {number} percent in May.",
    "Volunteers planted {number} trees along the river and in the park of {place}.",
)


@dataclass(frozen=True)
class Kind:
    """Calls of one priority."""

    priority: "article_service_pb2.Priority.ValueType"
    share: float
    """Of the calls."""

    sentences: tuple[int, int]
    """Fewest and most of a text."""

    seconds: float
    """In which an answer is of use."""


KINDS = {
    "INTERACTIVE": Kind(article_service_pb2.PRIORITY_INTERACTIVE, 0.3, (1, 2), 10.0),
    "STANDARD": Kind(article_service_pb2.PRIORITY_STANDARD, 0.5, (2, 8), 20.0),
    "BULK": Kind(article_service_pb2.PRIORITY_BULK, 0.2, (4, 16), 40.0),
}


@dataclass(frozen=True)
class Call:
    """A call that will be made."""

    kind: str
    text: str
    at: float = 0.0
    """Seconds from the start."""


@dataclass(frozen=True)
class Outcome:
    """What became of a call."""

    call: Call
    outcome: str
    """answered, refused, late or failed."""

    seconds: float
    retry_seconds: float | None = None


class Texts:
    """Calls with texts that no other call has."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._numbers = itertools.count(10)

    def call(self, at: float = 0.0) -> Call:
        """One of the mix."""
        [name] = self._random.choices(list(KINDS), [kind.share for kind in KINDS.values()])
        sentences = [
            self._random.choice(SENTENCES).format(place=self._random.choice(PLACES), number=next(self._numbers))
            for _ in range(self._random.randint(*KINDS[name].sentences))
        ]
        return Call(name, " ".join(sentences), at)

    def poisson(self, rate: float, seconds: float) -> Iterator[Call]:
        """Arrivals at random, so many a second."""
        at = self._random.expovariate(rate)
        while at < seconds:
            yield self.call(at)
            at += self._random.expovariate(rate)


async def make_call(stub: Any, call: Call, *, has_deadline: bool = True) -> Outcome:
    """Make a call and tell what became of it."""
    kind = KINDS[call.kind]
    request = article_service_pb2.TranslateRequest(
        content=article_pb2.Content(text=call.text, language="en", cleaning=article_pb2.CLEANING_NONE),
        target_language="ko",
        priority=kind.priority,
    )
    began = time.monotonic()
    try:
        await stub.Translate(request, timeout=kind.seconds if has_deadline else None)
    except grpc.aio.AioRpcError as error:
        seconds = time.monotonic() - began
        retry = retry_seconds(error)
        if retry is not None:
            return Outcome(call, "refused", seconds, retry)
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return Outcome(call, "late" if seconds >= 0.9 * kind.seconds else "refused", seconds)
        return Outcome(call, "failed", seconds)
    return Outcome(call, "answered", time.monotonic() - began)


def retry_seconds(error: grpc.aio.AioRpcError) -> float | None:
    """The delay that a refused caller was told."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # an AioRpcError has all that it reads
    for detail in status.details if status is not None else ():
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            return float(retry.retry_delay.ToNanoseconds() / 1e9)
    return None
