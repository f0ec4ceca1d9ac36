"""Replicas as processes, and a load on them of which every answer is compared with that without a fault."""

import asyncio
import itertools
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.server_process import Server, free_port, process
from triwire.v1 import article_pb2, article_service_pb2
from triwire_client import Client
from triwire_client.errors import TriwireError

TEXTS = [
    f"The ferry to Westmere left at {hour}:{minute:02} with {hour * 9 + minute} people."
    for hour in range(10)
    for minute in (5, 20, 35, 50, 55)
]
SETTINGS = {
    "TRIWIRE_SHUTDOWN_WAIT_SECONDS": "1",
    "TRIWIRE_CACHE_BYTES": "0",  # each answer is computed where it was asked for
    "TRIWIRE_TORCH_THREADS": "1",
}


class Replica:
    """A server at an address that it keeps when it is started again."""

    def __init__(self, profile: str | Path, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self._profile = profile
        self._host = host
        self._port = port or free_port(host)
        self._glossaries = f"sqlite:///{folder}/glossaries-{self._host}-{self._port}.sqlite3"
        self._stack = ExitStack()
        self._server: Server | None = None

    @property
    def address(self) -> str:
        return f"{self._host}:{self._port}"

    @property
    def server(self) -> Server:
        assert self._server is not None
        return self._server

    def start(self, **variables: str) -> None:
        """Start the process; `wait` for it to serve."""
        self.close()
        environment = SETTINGS | variables | {"TRIWIRE_GLOSSARIES": self._glossaries}
        started = process(
            self._profile,
            host=self._host,
            port=self._port,
            **environment,
        )
        self._server = self._stack.enter_context(started)

    async def serve(self, **variables: str) -> None:
        """Start the process and return when it serves."""
        self.start(**variables)
        await self.wait()

    async def wait(self) -> None:
        # Several that start at once on a busy machine take their time.
        await asyncio.to_thread(self.server.wait_until_serving, 240)

    def kill(self) -> None:
        self.server.process.send_signal(signal.SIGKILL)

    async def drain(self) -> int:
        """SIGTERM; gives the exit code."""
        return await asyncio.to_thread(self.server.stop)

    def close(self) -> None:
        self._stack.close()

    def requests(self) -> Counter[str]:
        """How many calls ended with which code, by what the replica logged since it was started."""
        records = [json.loads(line) for line in list(self.server.lines) if line.startswith("{")]
        return Counter(record["code"] for record in records if record["event"] == "request")


@asynccontextmanager
async def replicas(profile: str | Path, folder: Path, count: int) -> AsyncIterator[list[Replica]]:
    """As many replicas that serve, ended at the end."""
    made = [Replica(profile, folder) for _ in range(count)]
    async with AsyncExitStack() as stack:
        for replica in made:
            stack.callback(replica.close)
            replica.start()
        await asyncio.gather(*(replica.wait() for replica in made))
        yield made


def target_of(servers: list[Replica]) -> str:
    """Address list of replicas."""
    return "ipv4:" + ",".join(replica.address for replica in servers)


Answer = article_service_pb2.Translation | article_service_pb2.Summary | tuple[bytes, ...]
Ask = Callable[[Client, str], Awaitable[Answer]]


async def translate(client: Client, text: str) -> article_service_pb2.Translation:
    """One call that needs a model."""
    return (await client.translate(text, "ko", source_language="en", cleaning="none", timeout=120)).translation


async def summarize(client: Client, text: str) -> article_service_pb2.Summary:
    """One call that the profile "extractive" can answer."""
    return (await client.summarize(text, "headline", source_language="en", cleaning="none", timeout=120)).summary


async def stream(client: Client, text: str, note: Callable[[str], None] = lambda name: None) -> tuple[bytes, ...]:
    """The parts of a streamed article, in an order of their own: one that is missing or there twice tells.

    Args:
        client: to call with.
        text: the article.
        note: told the name of each part as it comes.
    """
    parts = []
    async for part in client.stream_process_article(
        text, target_languages=["ko", "ja"], source_language="en", cleaning="none", timeout=120
    ):
        note(str(part.WhichOneof("part")))
        if part.HasField("started"):
            part.started.ClearField("request_id")
        # What it cost is different each time.
        parts.append(b"usage" if part.HasField("usage") else part.SerializeToString(deterministic=True))
    return tuple(sorted(parts))


async def expected_of(address: str, ask: Ask, texts: Sequence[str] = TEXTS) -> dict[str, Answer]:
    """The answers of a replica that nothing happens to."""
    async with Client(address) as client:
        return {text: await ask(client, text) for text in texts}


@dataclass(slots=True)
class Load:
    """What became of the calls of a load, or of the items of its batches."""

    expected: Mapping[str, Answer]
    num_done: int = 0
    wrong: int = 0
    failures: list[BaseException] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)

    def note(self, text: str, outcome: object, begun: float) -> None:
        self.num_done += 1
        self.spans.append((begun, time.monotonic()))
        if isinstance(outcome, BaseException):
            self.failures.append(outcome)
        elif outcome != self.expected[text]:
            self.wrong += 1

    def seconds_after(self, fault: float) -> float:
        """From a fault until every call had ended that was under way then, or begun in the half second after it."""
        hit = [ended - fault for begun, ended in self.spans if begun <= fault + 0.5 and fault <= ended]
        return max(hit, default=0.0)

    async def until(self, count: int) -> float:
        """Wait until so many calls are done; gives the time."""
        while self.num_done < count:
            await asyncio.sleep(0.005)
        return time.monotonic()

    async def run(
        self, client: Client, ask: Ask, calls: int, workers: int, is_over: Callable[[], bool] = lambda: True
    ) -> None:
        """Make at least so many calls, a worker one after the other, and go on until the fault is over."""
        texts = itertools.cycle(self.expected)
        numbers = itertools.count()

        async def work() -> None:
            while next(numbers) < calls or not is_over():
                text, begun = next(texts), time.monotonic()
                try:
                    outcome: object = await ask(client, text)
                except TriwireError as error:
                    outcome = error
                self.note(text, outcome, begun)

        await asyncio.gather(*(work() for _ in range(workers)))

    async def run_batch(self, client: Client, name: str, items: int, is_over: Callable[[], bool]) -> Counter[str]:
        """Send at least so many items over one batch, go on until the fault is over; how often each was answered."""
        sent: dict[str, tuple[str, float]] = {}

        async def source() -> AsyncIterator[article_service_pb2.ProcessBatchRequest]:
            for number, text in zip(itertools.count(), itertools.cycle(self.expected)):
                if number >= items and is_over():
                    return
                item = f"{name}-{number}"
                sent[item] = text, time.monotonic()
                content = article_pb2.Content(text=text, language="en", cleaning=article_pb2.CLEANING_NONE)
                request = article_service_pb2.TranslateRequest(content=content, target_language="ko")
                yield article_service_pb2.ProcessBatchRequest(item_id=item, translate=request)

        answered: Counter[str] = Counter()
        async for result in client.process_batch(source(), window=8, timeout=540):
            answered[result.item_id] += 1
            outcome = result.error
            if outcome is None:
                assert isinstance(result.response, article_service_pb2.TranslateResponse)
                self.note(sent[result.item_id][0], result.response.translation, sent[result.item_id][1])
            else:
                self.note(sent[result.item_id][0], outcome, sent[result.item_id][1])
        return Counter({item: answered[item] for item in sent})
