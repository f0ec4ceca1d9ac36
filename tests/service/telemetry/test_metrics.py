"""What Prometheus reads from the endpoint of a real server."""

import asyncio
import re
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from tests.server import running_server, target
from tests.tiny_models import TINY_PROFILE, save_m2m100
from tests.tiny_tokenizers import FOREIGN_LINES
from triwire.v1 import article_pb2, article_service_pb2, article_service_pb2_grpc
from triwire_server import __version__
from triwire_server.app import App
from triwire_server.model_files import model_store
from triwire_server.profiles.profile import load_profile
from triwire_server.telemetry.metrics import Metrics

TEXT = "The council voted on Tuesday to reopen the pier. Engineers said that the concrete was weak."
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(app: App) -> Samples:
    def read() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{app.metrics_port}/metrics", timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            return str(answer.read().decode())

    text = await asyncio.to_thread(read)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"triwire_{name}", frozenset(labels.items())), 0.0)


async def test_calls_errors_tokens_batches_queue_and_cache_are_counted(tiny_profile: Path) -> None:
    translate = article_service_pb2.TranslateRequest(
        content=article_pb2.Content(text=TEXT, language="en", cleaning=article_pb2.CLEANING_NONE), target_language="ko"
    )
    bad = article_service_pb2.TranslateRequest(content=translate.content, target_language="fr")
    async with running_server(tiny_profile) as app, grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        before = await scrape(app)
        first = await stub.Translate(translate, timeout=60)
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.Translate(bad, timeout=60)
        between = await scrape(app)
        second = await stub.Translate(translate, timeout=60)
        after = await scrape(app)

    def change(name: str, **labels: str) -> float:
        return value(between, name, **labels) - value(before, name, **labels)

    model = "tiny-m2m100@1"
    assert change("requests_total", method="Translate", code="OK") == 1
    assert change("requests_total", method="Translate", code="INVALID_ARGUMENT") == 1
    assert change("errors_total", reason="LANGUAGE_UNSUPPORTED") == 1
    assert change("request_duration_seconds_count", method="Translate") == 2
    assert value(after, "requests_in_flight", method="Translate") == 0
    assert change("input_tokens_total", model=model) == first.usage.input_tokens > 0
    assert change("output_tokens_total", model=model) == first.usage.output_tokens > 0
    assert change("cache_misses_total") == first.usage.segments > 0
    # Each step writes one token for each of its sequences, and reads one, but for the first of a sequence its input.
    # What an untrained model writes is decoded again with four beams, each a sequence; one of them is delivered.
    assert first.usage.output_tokens <= change("batch_sequences_sum") <= 4 * first.usage.output_tokens
    assert change("batch_duration_seconds_count", model=model) == change("batch_tokens_count") >= 1
    read = first.usage.input_tokens + first.usage.output_tokens - first.usage.segments
    assert read <= change("batch_tokens_sum") <= first.usage.input_tokens + change("batch_sequences_sum")
    assert change("queue_duration_seconds_count", priority="STANDARD") == first.usage.segments
    assert value(after, "queue_sequences", priority="STANDARD") == 0
    assert value(after, "queue_tokens") == 0
    assert value(after, "cache_size_bytes") > 0
    findings = [finding for block in first.translation.blocks for finding in block.findings]
    counted = sum(number for (name, _), number in between.items() if name == "triwire_findings_total")
    assert counted == len(findings) + len(first.translation.findings)
    # The second time everything comes from the cache.
    hits = value(after, "cache_hits_total", cache="local") - value(between, "cache_hits_total", cache="local")
    assert hits == second.usage.cached_segments
    assert second.usage.cached_segments == first.usage.segments
    assert value(after, "input_tokens_total", model=model) == value(between, "input_tokens_total", model=model)
    for loaded in (model, "tiny-chat@1"):
        assert value(after, "model_load_duration_seconds_count", model=loaded) == 1
    assert value(after, "build_info", version=__version__) == 1
    assert ("process_resident_memory_bytes", frozenset()) in after


async def test_streams_batches_pages_and_the_process_are_counted(tiny_profile: Path) -> None:
    text = article_pb2.Content(text=TEXT, language="en", cleaning=article_pb2.CLEANING_NONE)
    article = article_service_pb2.ProcessArticleRequest(content=text, target_languages=["ko"])
    bad = article_service_pb2.TranslateRequest(content=text, target_language="fr")
    items = [
        article_service_pb2.ProcessBatchRequest(
            item_id="good", detect_language=article_service_pb2.DetectLanguageRequest(content=text)
        ),
        article_service_pb2.ProcessBatchRequest(item_id="bad", translate=bad),
        article_service_pb2.ProcessBatchRequest(item_id="empty"),
    ]
    async with running_server(tiny_profile) as app, grpc.aio.insecure_channel(target(app)) as channel:
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        stream = stub.StreamProcessArticle(article_service_pb2.StreamProcessArticleRequest(request=article), timeout=60)
        parts = [part async for part in stream]
        answers = [answer async for answer in stub.ProcessBatch(iter(items), timeout=60)]
        samples = await scrape(app)
    assert len(answers) == 3
    assert value(samples, "first_part_duration_seconds_count") == 1
    assert (
        0
        < value(samples, "first_part_duration_seconds_sum")
        <= value(samples, "request_duration_seconds_sum", method="StreamProcessArticle")
    )
    assert value(samples, "batch_items_total", operation="detect_language", code="OK") == 1
    assert value(samples, "batch_items_total", operation="translate", code="INVALID_ARGUMENT") == 1
    assert value(samples, "batch_items_total", operation="none", code="INVALID_ARGUMENT") == 1
    blocks = [part.block.block for part in parts if part.WhichOneof("part") == "block"]
    delivered = {
        labels: number for (name, labels), number in samples.items() if name == "triwire_outputs_total" and number
    }
    assert sum(delivered.values()) == len(blocks) == 1
    [severity] = [dict(labels)["severity"] for labels in delivered]
    worst = max((finding.severity for finding in blocks[0].findings), default=None)
    assert severity == ("NONE" if worst is None else article_service_pb2.Finding.Severity.Name(worst))
    assert value(samples, "extractions_total", kind="text") == 1
    assert value(samples, "extracted_blocks_total", kind="BLOCK_KIND_PARAGRAPH") == 1
    assert ("triwire_event_loop_lag_seconds_count", frozenset()) in samples
    memory = next(number for (name, _), number in samples.items() if name == "process_resident_memory_bytes")
    assert value(samples, "memory_limit_bytes") > memory
    assert value(samples, "model_info", model="tiny-m2m100@1", version="1", license="Apache-2.0") == 1
    assert value(samples, "model_ready", model="tiny-m2m100@1") == 1
    assert value(samples, "draining") == 0
    assert app.registry.get_sample_value("triwire_draining") == 1


async def test_pieces_that_a_trimmed_vocabulary_lacks_are_counted(tmp_path: Path) -> None:
    save_m2m100(tmp_path / "tiny-m2m100", more=FOREIGN_LINES)
    profile_file = tmp_path / "trimmed.toml"
    profile_file.write_text(
        TINY_PROFILE.partition('[[models]]\nname = "tiny-chat"')[0].replace(
            'architecture = "m2m100"', 'architecture = "m2m100"\nvocabulary = "trimmed"'
        )
    )
    model_store.pull(load_profile(str(profile_file)), tmp_path, lambda what, done, total: None)

    def request(text: str) -> article_service_pb2.TranslateRequest:
        content = article_pb2.Content(text=text, language="en", cleaning=article_pb2.CLEANING_NONE)
        return article_service_pb2.TranslateRequest(content=content, target_language="ko")

    async with (
        running_server(profile_file, cache_dir=tmp_path) as app,
        grpc.aio.insecure_channel(target(app)) as channel,
    ):
        stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        await stub.Translate(request(TEXT), timeout=60)
        before = await scrape(app)
        await stub.Translate(request(f"The council said: {FOREIGN_LINES[0]}"), timeout=60)
        after = await scrape(app)
    assert before[("triwire_missing_pieces_total", frozenset({("model", "tiny-m2m100@1")}))] == 0
    assert value(after, "missing_pieces_total", model="tiny-m2m100@1") > 3


def families(registry: CollectorRegistry) -> Iterable[Any]:
    return [family for family in registry.collect() if family.name.startswith("triwire_")]


def test_names_follow_the_conventions_of_prometheus() -> None:
    registry = CollectorRegistry()
    Metrics(registry, "1")
    for family in families(registry):
        assert re.fullmatch(r"triwire_[a-z]+(_[a-z]+)*", family.name)
        assert not re.search(r"_(ms|millis|milliseconds|minutes|kb|mb|percent)$", family.name), family.name
        assert family.documentation.endswith(".")
        assert family.type in ("counter", "gauge", "histogram")
        if "duration" in family.name:
            assert family.name.endswith("_seconds")


def test_no_label_can_grow_without_bound() -> None:
    # Ids, callers and texts as labels would make a series for each request.
    metrics = Metrics(CollectorRegistry(), "1")
    labels = {label for metric in vars(metrics).values() for label in metric._labelnames}
    # "file" is the name of a setting, "result" success or failure.
    assert labels == {
        *("method", "code", "reason", "priority", "model", "kind", "cache", "file", "result"),
        *("severity", "task", "outcome", "operation", "version", "license", "device"),
    }
