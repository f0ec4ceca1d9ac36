"""What makes translations and summaries: the engine and pipeline in this process, or a server at an address."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from triwire.v1 import article_pb2, article_service_pb2
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_client.client import Client
from triwire_client.errors import LanguageUnsupportedError
from triwire_server.engine.engine import Engine, EngineLimits
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.errors import InvalidRequest
from triwire_server.limits import Limits
from triwire_server.pipeline.context import CallContext
from triwire_server.pipeline.process import Pipeline
from triwire_server.profiles.profile import Profile, load_profile
from triwire_server.segment import Output, Segment
from triwire_server.settings import Settings
from triwire_server.settings_sources import load_settings
from triwire_server.telemetry.metrics import Metrics

_CALL_SECONDS = 24 * 3600.0


class Unserved(Exception):
    """The deployment does not have this direction, or no summaries in this language."""


class Deployment(Protocol):
    """What is measured."""

    @property
    def models(self) -> Sequence[str]:
        """Names with versions."""

    @property
    def second_attempts(self) -> int:
        """Segments asked for once more so far; 0 where that is not seen."""

    async def translate(
        self, article: article_pb2.Article, target: str, terms: Sequence[GlossaryTerm], *, repair: bool
    ) -> article_service_pb2.Translation:
        """Translate all blocks of an article; a server takes no notice of `repair`.

        Raises:
            Unserved: this direction.
        """

    async def summarize(
        self, article: article_pb2.Article, options: article_service_pb2.SummaryOptions, *, repair: bool
    ) -> article_service_pb2.Summary:
        """Summarize an article in its language; a server takes no notice of `repair`.

        Raises:
            Unserved: this language.
        """

    async def close(self) -> None:
        """End it."""


async def start_engine(profile: Profile, settings: Settings) -> Engine:
    """The engine of a profile in this process, running, without a cache of results.

    Raises:
        ModelMissing, CheckpointError: as `triwire-server serve` does.
    """
    models = []
    if profile.engine_models:
        # Without models neither torch nor transformers is needed.
        from triwire_server.loading import load_models

        models = await asyncio.to_thread(load_models, profile, settings.cache_dir, settings.device)
    limits = EngineLimits(
        max_queue_tokens=settings.max_queue_tokens,
        max_batch_tokens=settings.max_batch_tokens,
        max_batch_sequences=settings.max_batch_sequences,
        max_slot_tokens=settings.max_slot_tokens or EngineLimits().max_slot_tokens,
    )
    engine = Engine(models, limits=limits, metrics=Metrics(CollectorRegistry()))
    await engine.start()
    return engine


class RememberingEngine:
    """An engine that stands before another and generates nothing twice.

    With `repair` off, a second attempt is answered with what the first one gave, so that nothing is better than what
    the model wrote first. Run with repair first and without it then: the second run costs no model time.

    Args:
        engine: that generates.
        repair: whether second attempts are made.
        memory: outputs by model and segment, shared between engines.
    """

    def __init__(self, engine: Engine, *, repair: bool, memory: dict[tuple[str, Segment], Output]) -> None:
        self._engine = engine
        self._repair = repair
        self._memory = memory
        self.second_attempts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    @asynccontextmanager
    async def admit(self, **options: Any) -> AsyncIterator[Any]:
        """See `Engine.admit`."""
        async with self._engine.admit(**options) as call:
            generate = call.generate

            async def remembered(model_name: str, segments: Sequence[Segment]) -> list[Output]:
                if self._repair:
                    self.second_attempts += sum(segment.attempt > 0 for segment in segments)
                else:
                    segments = [replace(segment, attempt=0) for segment in segments]
                missing = list(dict.fromkeys(each for each in segments if (model_name, each) not in self._memory))
                if missing:
                    outputs = await generate(model_name, missing)
                    self._memory.update(
                        {(model_name, segment): output for segment, output in zip(missing, outputs, strict=True)}
                    )
                return [self._memory[model_name, segment] for segment in segments]

            call.generate = remembered  # type: ignore[method-assign]  # the call remembers what it gave
            yield call


class InProcess:
    """A profile's models with engine and pipeline in this process. Use `InProcess.start`."""

    def __init__(self, engine: Engine, catalog: ModelCatalog, models: Sequence[str]) -> None:
        self.models = models
        self._engine = engine
        memory: dict[tuple[str, Segment], Output] = {}
        self._engines = {repair: RememberingEngine(engine, repair=repair, memory=memory) for repair in (True, False)}
        self._pipelines = {
            repair: Pipeline(engine, catalog, Limits(), repair=repair)  # type: ignore[arg-type]  # stands for an engine
            for repair, engine in self._engines.items()
        }

    @classmethod
    async def start(cls, profile_name: str) -> "InProcess":
        """Load and start the models of a shipped profile or a TOML file, with the settings of TRIWIRE_* variables.

        Raises:
            ProfileError, ModelMissing, CheckpointError: as `triwire-server serve` does.
        """
        settings = load_settings({"profile": profile_name})
        profile = load_profile(settings.profile, allow_noncommercial=settings.allow_noncommercial)
        engine = await start_engine(profile, settings)
        return cls(engine, ModelCatalog(profile.cards), [card.full_name for card in profile.cards])

    @property
    def second_attempts(self) -> int:
        """See `Deployment`."""
        return self._engines[True].second_attempts

    async def translate(
        self, article: article_pb2.Article, target: str, terms: Sequence[GlossaryTerm], *, repair: bool
    ) -> article_service_pb2.Translation:
        """See `Deployment`."""
        request = article_service_pb2.TranslateRequest(
            content=article_pb2.Content(article=article),
            target_language=target,
            house_style=article_service_pb2.HouseStyle(terms=terms),
        )
        try:
            answer = await self._pipelines[repair].translate(request, _context())
        except InvalidRequest as error:
            raise _unserved(error) from error
        return answer.translation

    async def summarize(
        self, article: article_pb2.Article, options: article_service_pb2.SummaryOptions, *, repair: bool
    ) -> article_service_pb2.Summary:
        """See `Deployment`."""
        request = article_service_pb2.SummarizeRequest(content=article_pb2.Content(article=article), options=options)
        try:
            answer = await self._pipelines[repair].summarize(request, _context())
        except InvalidRequest as error:
            raise _unserved(error) from error
        return answer.summary

    async def close(self) -> None:
        """See `Deployment`."""
        await self._engine.stop()


class Remote:
    """A server at an address."""

    def __init__(self, client: Client, models: Sequence[str]) -> None:
        self.models = models
        self.second_attempts = 0
        self._client = client

    @classmethod
    async def connect(cls, target: str) -> "Remote":
        """Ask a server for its models.

        Raises:
            TriwireError: it cannot be reached.
        """
        client = Client(target, timeout=_CALL_SECONDS)
        try:
            answer = await client.list_models(timeout=30)
        except BaseException:
            await client.close()
            raise
        return cls(client, list(dict.fromkeys(model.model for model in answer.models)))

    async def translate(
        self, article: article_pb2.Article, target: str, terms: Sequence[GlossaryTerm], *, repair: bool
    ) -> article_service_pb2.Translation:
        """See `Deployment`."""
        style = article_service_pb2.HouseStyle(terms=terms)
        try:
            answer = await self._client.translate(article, target, house_style=style, priority="bulk")
        except LanguageUnsupportedError as error:
            raise Unserved(error.message) from error
        return answer.translation

    async def summarize(
        self, article: article_pb2.Article, options: article_service_pb2.SummaryOptions, *, repair: bool
    ) -> article_service_pb2.Summary:
        """See `Deployment`."""
        try:
            answer = await self._client.summarize(article, options, priority="bulk")
        except LanguageUnsupportedError as error:
            raise Unserved(error.message) from error
        return answer.summary

    async def close(self) -> None:
        """See `Deployment`."""
        await self._client.close()


def _context() -> CallContext:
    return CallContext(request_id="quality", wait_for_queue=True)


def _unserved(error: InvalidRequest) -> Exception:
    return Unserved(str(error)) if error.reason == "LANGUAGE_UNSUPPORTED" else error
