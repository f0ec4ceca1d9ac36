"""From settings and a profile to an engine with warm models: what a server does between its ports and its service.

Torch and transformers, which take seconds to import, are imported by what needs them: a profile without models that run
here does without both.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import structlog

from triwire_server.cache.result_cache import ResultCache
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.base import Model, ServedModel
from triwire_server.engine.models.remote import RemoteModel
from triwire_server.errors import InferenceFailed, ModelUnavailable
from triwire_server.model_errors import ModelMissing
from triwire_server.model_files.model_store import model_directory
from triwire_server.profiles.profile import ModelSpec, Profile
from triwire_server.profiles.remote_source import OpenAISource
from triwire_server.progress import Report, no_report
from triwire_server.segment import Priority, Segment, SummarySpec, SummaryStyle, Task
from triwire_server.settings import Settings
from triwire_server.telemetry.metrics import Metrics

SAMPLE_TEXT = {
    "en": "The harbour opened.",
    "ko": "항구가 열렸다.",
    "ja": "港が開いた。",
}  # the same sentence three times


Told: TypeAlias = Callable[[ModelSpec, Path, float | None], None]
"""Told of a model and its directory before it is loaded, with None, and after, with the seconds that it took."""


class Loader:
    """Loads and warms the models of a profile. Used on the event loop.

    Args:
        settings: of the server.
        profile: its models.
        metrics: have the time that loading took, and what the engine tells.
        on_failure: called on the event loop, with the name of the error, when the device is lost.
    """

    def __init__(
        self, settings: Settings, profile: Profile, metrics: Metrics, on_failure: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._profile = profile
        self._metrics = metrics
        self._report: Report = no_report
        self._on_failure = on_failure
        self._log = structlog.get_logger("triwire")
        self.device = "none"
        """What local models run on, once they are loaded: "cpu", "cuda:0"; "none" without any."""

        self.engine: Engine | None = None
        """Made by `load`, and there to be stopped also if that fails."""

    async def load(self, report: Report) -> Engine:
        """An engine whose models are warm; remote ones have answered once.

        Args:
            report: told of the progress.

        Raises:
            ModelMissing: a model is not in the cache, or a remote one is not what the profile says; the message has the
                remedy.
            CheckpointError: a checkpoint does not fit the profile.
        """
        self._report = report
        local = await asyncio.to_thread(self._load_models) if self._profile.local_models else []
        remote = [remote_model(self._profile, spec) for spec in self._profile.remote_models]
        engine = self.engine = self._make_engine(local, remote)
        await engine.start()
        for model in local:
            self._report(f"warming up {model.card.full_name}", 0, 0)
            await _warm(engine, model)
        await asyncio.gather(*(self._wait_for(engine, model) for model in remote))
        engine.watch_steps()
        return engine

    def _load_models(self) -> list[Model]:
        from triwire_server.engine.memory import tell_device_memory
        from triwire_server.engine.models.registry import pick_device

        if self._settings.torch_threads:
            import torch

            torch.set_num_threads(self._settings.torch_threads)
        device = pick_device(self._settings.device)
        self.device = str(device)
        models = load_models(self._profile, self._settings.cache_dir, self._settings.device, self._tell_loading)
        for model in models:
            model.report_missing_pieces(self._metrics.missing_pieces.labels(model.card.full_name).inc)
        tell_device_memory(self._metrics, device)
        return models

    def _tell_loading(self, spec: ModelSpec, directory: Path, seconds: float | None) -> None:
        """Told before and after each model."""
        specs = self._profile.local_models
        number = specs.index(spec) + 1
        what = f"loading {spec.full_name} ({number} of {len(specs)})"
        if seconds is None:
            self._log.info("loading", model=spec.full_name, number=number, of=len(specs))
            self._report(what, 0, 0)
            return
        size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
        self._metrics.model_load_duration_seconds.labels(spec.full_name).observe(seconds)
        self._log.info("loaded", model=spec.full_name, bytes=size, seconds=round(seconds, 1))
        self._report(what, size, size)

    async def _wait_for(self, engine: Engine, model: RemoteModel) -> None:
        """Ask a remote model until it has answered."""
        name = model.card.full_name
        self._report(f"waiting for {name} at {model.source.base_url}", 0, 0)
        while True:
            try:
                await _warm(engine, model)
            except (ModelUnavailable, InferenceFailed) as error:
                if isinstance(error, InferenceFailed) or error.needs_operator:
                    raise ModelMissing(
                        f"{name}: the server at {model.source.base_url} cannot be used: {error.__cause__ or error};"
                        " what it is asked is in base_url, model, api_key_env and extra_body of the profile's source"
                    ) from error
                self._log.info("waiting for the server of a model", model=name, server=model.source.base_url)
                await asyncio.sleep(error.retry_seconds)
            else:
                return

    def _make_engine(self, models: list[Model], remote: list[RemoteModel]) -> Engine:
        settings = self._settings
        loop = asyncio.get_running_loop()

        def fail(error: Exception) -> None:
            loop.call_soon_threadsafe(self._on_failure, type(error).__name__)

        return Engine(
            [*models, *remote],
            limits=EngineLimits(
                max_queue_tokens=settings.max_queue_tokens,
                max_queue_seconds=settings.max_queue_seconds,
                max_batch_tokens=settings.max_batch_tokens,
                max_batch_sequences=settings.max_batch_sequences,
                max_slot_tokens=settings.max_slot_tokens or self._measure_slots(models),
                step_timeout_seconds=settings.step_timeout_seconds,
            ),
            metrics=self._metrics,
            cache=ResultCache(settings.cache_bytes) if settings.cache_bytes else None,
            on_failure=fail,
        )

    def _measure_slots(self, models: list[Model]) -> int:
        """Tokens that the slots may hold, by the memory that is free with the models loaded."""
        token_bytes = max((model.token_bytes for model in models), default=0)
        if not token_bytes:
            return EngineLimits().max_slot_tokens
        from triwire_server.engine.memory import slot_tokens
        from triwire_server.engine.models.registry import pick_device

        tokens = slot_tokens(pick_device(self._settings.device), token_bytes)
        self._log.info("slots", tokens=tokens, token_bytes=token_bytes)
        return tokens


def load_models(
    profile: Profile, cache_dir: Path, device: str = "auto", tell: Told = lambda spec, directory, seconds: None
) -> list[Model]:
    """Every model of a profile that has weights, in the order of the profile.

    Args:
        profile: what to load.
        cache_dir: where `model_store.pull` put the weights. Nothing is fetched here.
        device: "auto", "cpu", "cuda" or "cuda:1".
        tell: told before and after each model.

    Raises:
        ModelMissing: a model is not in the cache; the message has the command that fetches it.
        CheckpointError: a checkpoint does not fit the profile.
    """
    from triwire_server.engine.memory import freed_at_once
    from triwire_server.engine.models.registry import load_model, pick_device

    directories = [model_directory(profile, spec, cache_dir) for spec in profile.local_models]
    models = []
    for spec, directory in zip(profile.local_models, directories, strict=True):
        tell(spec, directory, None)
        started = time.monotonic()
        with freed_at_once():
            models.append(load_model(spec, directory, pick_device(device)))
        tell(spec, directory, time.monotonic() - started)
    return models


def remote_model(profile: Profile, spec: ModelSpec) -> RemoteModel:
    """A model that another server runs, with its key from the environment.

    Raises:
        ModelMissing: the key is not set, or the certificates cannot be read.
    """
    source = spec.source
    assert isinstance(source, OpenAISource)  # noqa: S101  # this is what makes it remote
    api_key = os.environ.get(source.api_key_env, "") if source.api_key_env else ""
    if source.api_key_env and not (api_key.isascii() and api_key.isprintable() and api_key.strip()):
        what = "holds no key that can be sent" if api_key else "is not set"
        raise ModelMissing(f"{spec.full_name}: source.api_key_env: the variable {source.api_key_env} {what}")
    certificate = str(profile.path_of(source.ca_certificate)) if source.ca_certificate else ""
    try:
        return RemoteModel(spec, api_key.strip(), certificate)
    except (OSError, ssl.SSLError) as error:
        raise ModelMissing(f"{spec.full_name}: source.ca_certificate: {certificate}: {error}") from None


async def _warm(engine: Engine, model: ServedModel) -> None:
    """One short segment for each task, so that the first caller does not pay for first-time allocations."""
    for task in model.card.tasks:
        source, target = min(model.card.pairs(task))
        segment = Segment(
            task=task,
            text=SAMPLE_TEXT[source],
            source_language=source,
            target_language=target,
            summary=SummarySpec(style=SummaryStyle.HEADLINE, max_characters=20) if task is Task.SUMMARIZATION else None,
        )
        async with engine.admit(
            request_id="warm-up", priority=Priority.STANDARD, deadline=None, estimated_tokens=0
        ) as call:
            await call.generate(model.card.full_name, [segment])
