"""Builds every object once, serves, drains. With `__main__` the only reader of the environment."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIServer

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, start_http_server

from triwire.v1 import (
    article_service_pb2,
    article_service_pb2_grpc,
    glossary_service_pb2,
    glossary_service_pb2_grpc,
)
from triwire_server import __version__
from triwire_server.api.article_service import ArticleService
from triwire_server.api.authentication import Gate
from triwire_server.api.glossary_service import GlossaryService
from triwire_server.api.interceptors import CallInterceptor
from triwire_server.engine.engine import Engine
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.errors import GlossariesUnavailable
from triwire_server.first_values import set_first_values
from triwire_server.glossary_terms import TermResolver
from triwire_server.listeners import channel_options, health_options, open_health_port, open_port
from triwire_server.loading import Loader
from triwire_server.memory_limit import memory_limit_bytes
from triwire_server.pipeline.process import Pipeline
from triwire_server.profiles.profile import Profile, load_profile
from triwire_server.progress import Report, no_report
from triwire_server.settings import Settings
from triwire_server.start_message import Start
from triwire_server.telemetry.event_loop import measure_lag
from triwire_server.telemetry.metrics import Metrics
from triwire_server.wiring import make_glossary_store, make_shared_cache, make_tracer, open_files

ARTICLE_SERVICE: str = article_service_pb2.DESCRIPTOR.services_by_name["ArticleService"].full_name
GLOSSARY_SERVICE: str = glossary_service_pb2.DESCRIPTOR.services_by_name["GlossaryService"].full_name

LIVENESS = "liveness"
"""Name in the health service that says whether a restart would help: SERVING also while models are loaded and while the
server drains, when the others say NOT_SERVING; NOT_SERVING once the device is lost."""

if TYPE_CHECKING:
    pass

_LAST_WORD_SECONDS = 1.0
"""For statuses to reach the callers, once no call is worked on any more."""

_RELOAD_SECONDS = 1.0
"""Seconds between looks at files that may change; a token that was taken away is refused after that."""


class App:
    """One server: gRPC, health, reflection, metrics endpoint and the engine behind them.

    Args:
        settings: of this process.
        on_failure: called on the event loop when the device is lost; the process should end.

    Raises:
        SettingsError: the address of the glossaries or of the shared cache cannot be read, traces are asked for without
            the extra "otel", or a file of TLS or of tokens cannot be used.
    """

    def __init__(self, settings: Settings, on_failure: Callable[[], None] = lambda: None) -> None:
        self.settings = settings
        self.profile: Profile = load_profile(settings.profile, allow_noncommercial=settings.allow_noncommercial)
        self.registry = CollectorRegistry()
        self.port = 0
        """Port of the gRPC service, once started."""

        self.health_port = 0
        """Port of the health service alone, once started."""

        self.metrics_port = 0
        """Port of the Prometheus endpoint, once started."""

        self._log = structlog.get_logger("triwire")
        self._on_failure = on_failure
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._metrics = Metrics(self.registry, __version__)
        set_first_values(self._metrics)
        self._tell_settings()
        self._tls, self._callers = open_files(settings, self._metrics)
        self._tracer = make_tracer(settings)
        self._draining = asyncio.Event()
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # set at run time
        self._glossary_store = make_glossary_store(settings)
        self._shared_cache = make_shared_cache(settings, self._metrics)
        self._articles = ArticleService(
            settings.limits, self._metrics, self._draining, TermResolver(self._glossary_store, settings.max_terms)
        )
        self._glossaries = GlossaryService(self._glossary_store, self._draining)
        callers = self._callers
        gate = Gate(None if callers is None else lambda: callers.current)
        self._calls = CallInterceptor(self._metrics, self._tracer, gate)
        self._is_hurried = asyncio.Event()
        self._server = grpc.aio.server(interceptors=[self._calls], options=channel_options(settings))
        self._health_server = grpc.aio.server(options=health_options(settings))
        self._watching: asyncio.Task[None] | None = None
        self._loader = Loader(settings, self.profile, self._metrics, self._lost)
        self._has_served = False
        self._measuring_lag: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._stop_metrics: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Open the ports; health answers NOT_SERVING until `load` is done, and calls for articles STARTING.

        Raises:
            RuntimeError, OSError: a port is taken.
        """
        settings = self.settings
        article_service_pb2_grpc.add_ArticleServiceServicer_to_server(self._articles, self._server)
        glossary_service_pb2_grpc.add_GlossaryServiceServicer_to_server(self._glossaries, self._server)
        for server in (self._server, self._health_server):
            health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        if settings.reflection:
            names = (ARTICLE_SERVICE, GLOSSARY_SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._health.set(LIVENESS, health_pb2.HealthCheckResponse.SERVING)
        try:
            self.port = open_port(self._server, settings, self._tls)
            self.health_port = open_health_port(self._health_server, settings)
            http, thread = self._open_metrics()
        except (RuntimeError, OSError):
            await self._server.stop(None)
            await self._health_server.stop(None)
            raise
        self.metrics_port = http.server_port

        def stop_metrics() -> None:
            http.shutdown()
            http.server_close()
            thread.join()

        self._stop_metrics = stop_metrics
        lag = self._metrics.event_loop_lag_seconds
        self._measuring_lag = asyncio.ensure_future(measure_lag(lag.observe, time.monotonic))
        await self._server.start()
        await self._health_server.start()
        self._watching = asyncio.ensure_future(self._watch_files())

    async def load(self, report: Report = no_report) -> Start:
        """Load and warm the models, wait until remote ones have answered once, then serve.

        Args:
            report: told of the progress.

        Returns:
            What is served, to be told.

        Raises:
            ModelMissing: a model is not in the cache, or a remote one is not what the profile says; the message has the
                remedy.
            CheckpointError: a checkpoint does not fit the profile.
        """
        started = time.monotonic()
        await self._check_glossaries()
        engine = await self._loader.load(report)
        catalog = ModelCatalog(self.profile.cards)
        if self._shared_cache is not None:
            await self._shared_cache.check()
            engine.share_results(self._shared_cache)
        for card in self.profile.cards:
            self._metrics.model_ready.labels(card.full_name).set(1)
        self._articles.serve(Pipeline(engine, catalog, self.settings.limits), catalog)
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)
        self._has_served = True
        return Start(
            settings=self.settings,
            profile=self.profile,
            device=self._loader.device,
            port=self.port,
            health_port=self.health_port,
            metrics_port=self.metrics_port,
            glossaries=self._glossary_store.location,
            shared_cache=self._shared_cache.location if self._shared_cache is not None else "none",
            seconds=time.monotonic() - started,
        )

    async def stop(self) -> None:
        """Drain: NOT_SERVING, a wait for load balancers to see it, then finish what was accepted.

        What is not finished within the grace is answered with SHUTTING_DOWN. Who does not read its answer, or only
        watches health, does not hold up the end.
        """
        # Who never served has nobody to tell.
        wait_seconds = self.settings.shutdown_wait_seconds if self._has_served else 0.0
        self._log.info("draining", wait_seconds=wait_seconds)
        self._metrics.draining.set(1)
        # Not the servicer's graceful shutdown: it would take back liveness too, and have a drain ended by a restart.
        self._is_stopping = True
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._unless_hurried(asyncio.sleep(wait_seconds))
        self._draining.set()
        await self._finish_calls()
        if self._engine is not None:
            await self._engine.stop()
        if self._shared_cache is not None:
            await self._shared_cache.close()
        await self._glossary_store.close()
        if self._measuring_lag is not None:
            self._measuring_lag.cancel()
        if self._watching is not None:
            self._watching.cancel()
        # Probes are answered to the end; who watches is let go.
        await self._health_server.stop(None)
        await asyncio.to_thread(self._tracer.stop)
        await asyncio.to_thread(self._stop_metrics)
        self._log.info("stopped")

    @property
    def _engine(self) -> Engine | None:
        return self._loader.engine

    def hurry(self) -> None:
        """End a drain now: neither wait nor grace is waited for."""
        self._is_hurried.set()

    async def _finish_calls(self) -> None:
        grace = self.settings.shutdown_grace_seconds
        stopping = asyncio.ensure_future(self._server.stop(grace + _LAST_WORD_SECONDS))
        idle = asyncio.ensure_future(self._calls.wait_until_idle())
        finished = asyncio.wait((stopping, idle), timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        await self._unless_hurried(finished)
        idle.cancel()
        self._calls.end_calls()
        await self._server.stop(_LAST_WORD_SECONDS)
        await stopping

    async def _unless_hurried(self, work: Coroutine[Any, Any, Any]) -> None:
        """Wait for work, or until somebody is in a hurry."""
        tasks = asyncio.ensure_future(work), asyncio.ensure_future(self._is_hurried.wait())
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    async def _watch_files(self) -> None:
        """Take up changed certificates and tokens. Handshakes look at certificates themselves, as they come."""
        watched = [files for files in (self._tls, self._callers) if files is not None]
        while watched:
            await asyncio.sleep(_RELOAD_SECONDS)
            for files in watched:
                await asyncio.to_thread(files.refresh)

    async def _check_glossaries(self) -> None:
        """Have the log say at the start that glossaries cannot be reached; all other calls are served without them."""
        with suppress(GlossariesUnavailable):
            await self._glossary_store.check()

    def _tell_settings(self) -> None:
        """Give the metrics that stay as they are their values."""
        metrics = self._metrics
        metrics.cache_limit_bytes.set(self.settings.cache_bytes)
        if (limit := memory_limit_bytes()) is not None:
            metrics.memory_limit_bytes.set(limit)
        for card in self.profile.cards:
            metrics.model_info.labels(card.full_name, card.version, card.license).set(1)
            metrics.model_ready.labels(card.full_name).set(0)

    def _open_metrics(self) -> tuple[WSGIServer, Thread]:
        host, port = self.settings.metrics_host, self.settings.metrics_port
        try:
            return start_http_server(port, host, self.registry)
        except OSError as error:
            raise OSError(f"the metrics endpoint cannot listen on {host}:{port}: {error.strerror}") from error

    def _lost(self, error: str) -> None:
        self._log.critical("device_lost", error=error)
        for card in self.profile.engine_models:
            self._metrics.model_ready.labels(card.full_name).set(0)
        self._lost_task = asyncio.ensure_future(self._set_lost())
        self._lost_task.add_done_callback(lambda _: self._on_failure())

    async def _set_health(self, status: "health_pb2.HealthCheckResponse.ServingStatus.ValueType") -> None:
        if self._is_stopping:  # models that are loaded meanwhile must not bring callers back
            status = health_pb2.HealthCheckResponse.NOT_SERVING
        for name in (health.OVERALL_HEALTH, ARTICLE_SERVICE, GLOSSARY_SERVICE):
            await self._health.set(name, status)

    async def _set_lost(self) -> None:
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._health.set(LIVENESS, health_pb2.HealthCheckResponse.NOT_SERVING)
