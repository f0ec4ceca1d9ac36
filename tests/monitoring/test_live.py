"""A real Prometheus watches a real server: what rules and dashboard ask for is there, and it is true."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from tests.monitoring.load import MAX_QUEUE_TOKENS, Load
from tests.monitoring.prometheus_server import Prometheus, needs_prometheus, running_prometheus
from tests.monitoring.rules import RULES, alerts, documented, panels, records, without_thresholds
from tests.server import running_server, target
from triwire_server.segment import Priority

pytestmark = [pytest.mark.monitoring, needs_prometheus, pytest.mark.timeout(300)]

MAY_BE_EMPTY = {
    "triwire_device_memory_": "the server of this test runs on a CPU",
    "triwire_shared_cache_": "the server of this test has no shared cache",
    "triwire_tls_": "the server of this test has no certificate",
}
"""Metrics of what the server of this test does not have, and why."""

ROUNDS = 4


@asynccontextmanager
async def watched(profile: Path, folder: Path, rules: Path = RULES) -> AsyncIterator[tuple[Load, Prometheus]]:
    """A server under the eyes of Prometheus, and a load for it."""
    async with running_server(profile, max_queue_tokens=MAX_QUEUE_TOKENS) as app:
        started = running_prometheus(folder, [f"127.0.0.1:{app.metrics_port}"], rules)
        prometheus = await asyncio.to_thread(started.__enter__)
        try:
            await until(lambda: prometheus.values("up") == [1], "the server is scraped")
            async with grpc.aio.insecure_channel(target(app)) as channel:
                yield Load(channel), prometheus
        finally:
            await asyncio.to_thread(started.__exit__, None, None, None)


async def until(is_so: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for something that Prometheus will tell."""
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < end, f"not within {seconds} seconds: {what}"
        await asyncio.sleep(0.5)


def everything_asked() -> dict[str, str]:
    """Every expression that has to give data, by where it is asked."""
    asked = {f"measure {name}": expression for name, expression in records().items()}
    asked |= {f"alert {name}": without_thresholds(alert["expr"]) for name, alert in alerts().items()}
    asked |= {f"docs/metrics.md, {number}": query for number, query in enumerate(documented())}
    for title, queries in panels():
        asked |= {f"panel {title}, {number}": query for number, query in enumerate(queries)}
    return asked


async def test_every_expression_gives_data_and_counts_are_those_of_the_client(
    tiny_profile: Path, tmp_path: Path
) -> None:
    async with watched(tiny_profile, tmp_path) as (load, prometheus):
        for _ in range(ROUNDS):
            await load.round()
            await load.crowd(4, Priority.INTERACTIVE)
            await asyncio.sleep(1.5)  # the next scrape sees each round for itself
        assert load.answers["Translate", "RESOURCE_EXHAUSTED"] > 0
        calls = sum(load.answers.values())
        everything = 'sum(triwire_requests_total{job="triwire"})'
        await until(lambda: prometheus.values(everything) == [calls], f"{calls} calls are counted")
        empty = {
            place: expression
            for place, expression in everything_asked().items()
            if not await asyncio.to_thread(prometheus.values, expression)
        }
        excused = {place for place in empty if any(metric in empty[place] for metric in MAY_BE_EMPTY)}
        assert empty.keys() - excused == set(), empty
        assert excused == {
            "alert TriwireCertificateExpiresSoon",
            "alert TriwireCertificateExpires",
            "panel Memory of the GPU, 0",
            "panel Memory of the GPU, 1",
            "panel Memory of the GPU, 2",
        }

        for (method, code), number in load.answers.items():
            selector = f'triwire_requests_total{{method="{method}", code="{code}"}}'
            [counted] = await asyncio.to_thread(prometheus.values, selector)
            assert counted == number, selector
        items = 'sum by (code) (triwire_batch_items_total{operation="translate", code="OK"})'
        assert await asyncio.to_thread(prometheus.values, items) == [3 * ROUNDS]


async def test_a_rate_is_the_client_s_own(tiny_profile: Path, tmp_path: Path) -> None:
    async with watched(tiny_profile, tmp_path) as (load, prometheus):
        selector = 'triwire_requests_total{method="Translate", code="OK"}'
        await until(lambda: len(prometheus.samples(selector, 60)) >= 3, "three scrapes before the first call")
        calls = 40
        for number in range(calls):
            await load.translate(f"Pier {number}.")
        await until(lambda: prometheus.values(selector) == [calls], "all calls are counted")
        await asyncio.sleep(2)
        samples = await asyncio.to_thread(prometheus.samples, selector, 300)
        assert (samples[0], samples[-1]) == (0, calls)
        # Prometheus draws the line on by up to half the time between two scrapes on either side.
        [increase] = await asyncio.to_thread(prometheus.values, f"increase({selector}[300s])")
        assert increase == pytest.approx(calls, rel=1.5 / len(samples))
        [rate] = await asyncio.to_thread(prometheus.values, f"rate({selector}[300s]) * 300")
        assert rate == pytest.approx(increase, rel=0.02)
        [articles] = await asyncio.to_thread(prometheus.values, "job:triwire_articles:rate5m * 300")
        assert articles == pytest.approx(calls, rel=0.15)


async def test_an_overload_is_pending_and_then_fires(tiny_profile: Path, tmp_path: Path) -> None:
    rules = tmp_path / "alerts.yml"
    # As they are, but for the time for which editors have to be refused: three seconds instead of two minutes.
    text, changed = re.subn(
        r"(alert: TriwireInteractiveRefused.*?for: )2m",
        r"\g<1>3s",
        RULES.read_text(encoding="utf-8"),
        count=1,
        flags=re.S,
    )
    assert changed == 1
    rules.write_text(text, encoding="utf-8")
    async with watched(tiny_profile, tmp_path, rules) as (load, prometheus):
        await load.translate("The pier reopened.", priority=Priority.INTERACTIVE)
        await asyncio.sleep(2)
        assert "TriwireInteractiveRefused" not in await asyncio.to_thread(prometheus.alerts)
        states: list[str | None] = []

        def fires() -> bool:
            states.append(prometheus.alerts().get("TriwireInteractiveRefused"))
            return states[-1] == "firing"

        overload = asyncio.ensure_future(_overload(load))
        try:
            await until(fires, "the alert fires")
        finally:
            overload.cancel()
            await asyncio.wait([overload])
        assert "pending" in states
        assert load.answers["Translate", "RESOURCE_EXHAUSTED"] > 10


async def _overload(load: Load) -> None:
    while True:
        await load.crowd(12, Priority.INTERACTIVE)
