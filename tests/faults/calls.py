"""Calls to a server process, what callers are told, and what the process holds."""

import asyncio
import json
import os
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from prometheus_client.parser import text_string_to_metric_families

from tests.refusals import told_by
from tests.server_process import Server
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc

Part = article_service_pb2.StreamProcessArticleResponse

TABLE = {
    "INVALID_ARGUMENT": {
        "INVALID_FIELD",
        "CONTENT_TOO_LARGE",
        "LANGUAGE_UNSUPPORTED",
        "LANGUAGE_UNDETECTED",
        "NO_ARTICLE_TEXT",
        "ITEM_ID_REUSED",
    },
    "NOT_FOUND": {"GLOSSARY_NOT_FOUND", "MODEL_NOT_FOUND"},
    "ALREADY_EXISTS": {"GLOSSARY_EXISTS"},
    "ABORTED": {"ETAG_MISMATCH"},
    "RESOURCE_EXHAUSTED": {"QUEUE_FULL", "QUOTA_EXCEEDED"},
    "UNAVAILABLE": {"SHUTTING_DOWN", "STARTING", "GLOSSARIES_UNAVAILABLE", "MODEL_UNAVAILABLE"},
    "DEADLINE_EXCEEDED": {"DEADLINE", ""},
    "INTERNAL": {"INFERENCE_FAILED"},
}
"""Reasons by code, as the contract has them. gRPC itself ends a call at its deadline, without a reason."""


@asynccontextmanager
async def stub_of(server: Server, **options: int) -> AsyncIterator[Any]:
    """A stub on a channel of its own; options are channel arguments without their "grpc."."""
    arguments = [("grpc.use_local_subchannel_pool", 1), *((f"grpc.{name}", value) for name, value in options.items())]
    async with grpc.aio.insecure_channel(server.target, options=arguments) as channel:
        yield article_service_pb2_grpc.ArticleServiceStub(channel)


def text_content(text: str, language: str = "en") -> article_pb2.Content:
    return article_pb2.Content(text=text, language=language, cleaning=article_pb2.CLEANING_NONE)


def translation(text: str, target_language: str = "ko", request_id: str = "") -> article_service_pb2.TranslateRequest:
    return article_service_pb2.TranslateRequest(
        request_id=request_id, content=text_content(text), target_language=target_language
    )


def article(*texts: str) -> article_pb2.Content:
    """An English article of paragraphs."""
    blocks = [article_pb2.Block(kind=article_pb2.BLOCK_KIND_PARAGRAPH, text=text) for text in texts]
    return article_pb2.Content(article=article_pb2.Article(language="en", blocks=blocks))


def is_in_table(answer: str) -> bool:
    """Whether a failure is one that the contract names, and none that tells of a bug."""
    code, _, reason = answer.partition(" ")
    return reason in TABLE.get(code, set())


async def outcome(call: Awaitable[Any]) -> Any:
    """The answer of a call, or what its caller was told."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        return str(told_by(error))


def texts(response: article_service_pb2.TranslateResponse) -> list[str]:
    return [block.block.text for block in response.translation.blocks]


def events(server: Server, name: str = "") -> list[dict[str, Any]]:
    """What the process logged, or its events of one name."""
    records = [json.loads(line) for line in server.lines if line.startswith("{")]
    return [record for record in records if not name or record["event"] == name]


def metrics_of(server: Server) -> dict[str, float]:
    """Samples by name; of those with labels the sum as well."""
    address = events(server, "serving")[0]["metrics"]
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own server's
        text = answer.read().decode()
    samples: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.name] = samples.get(sample.name, 0.0) + sample.value
            for label, value in sample.labels.items():
                key = f"{sample.name}{{{label}={value}}}"
                samples[key] = samples.get(key, 0.0) + sample.value
    return samples


def resident_mebibytes(server: Server) -> float:
    fields = Path(f"/proc/{server.process.pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def num_threads(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))


def num_descriptors(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def cpu_seconds(server: Server) -> float:
    """What the process has computed since it began, all threads together."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until(is_true: Callable[[], bool], seconds: float = 30) -> float:
    """Wait until something holds.

    Returns:
        Seconds that it took.
    """
    began = time.monotonic()
    while not await asyncio.to_thread(is_true):
        assert time.monotonic() - began < seconds, "it did not come true"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def is_idle(server: Server) -> bool:
    """Whether nothing is inside: no call, no admitted token, nothing that waits for a slot."""
    samples = metrics_of(server)
    names = ("requests_in_flight", "queue_tokens", "queue_sequences")
    return not any(samples.get(f"triwire_{name}", 0.0) for name in names)
