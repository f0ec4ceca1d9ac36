"""What else a server is told to use: glossaries, a shared cache, model servers, a collector of traces."""

import asyncio
import importlib.util
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from triwire_server.doctor.checks import Check, ok, problem, warning
from triwire_server.doctor.models import nearest_existing
from triwire_server.errors import GlossariesUnavailable
from triwire_server.glossary_store import make_store
from triwire_server.profiles.profile import ModelSpec, Profile
from triwire_server.settings import Settings

WAIT_SECONDS = 3.0
"""For an answer."""

CLOCK_SECONDS = 2.0
"""That two machines may differ by."""

_SHOWN_MODELS = 5


async def check_network(settings: Settings, profile: Profile | None) -> list[Check]:
    """All of it, at the same time."""
    asked = [_check_glossaries(settings)]
    if settings.shared_cache:
        asked.append(_check_redis("shared_cache", settings.shared_cache))
    if settings.glossary_url.startswith(("redis", "unix")):
        asked.append(_check_redis("glossaries", settings.glossary_url))
    if profile is not None:
        asked += [_check_remote(profile, spec) for spec in profile.remote_models]
    if settings.otlp_endpoint:
        asked.append(_check_collector(settings.otlp_endpoint))
    found: Iterable[list[Check]] = await asyncio.gather(*asked)
    return [check for checks in found for check in checks]


async def _check_glossaries(settings: Settings) -> list[Check]:
    try:
        store = make_store(settings.glossary_url)
    except ValueError as error:
        return [problem("glossaries", str(error), "docs/settings.md has the addresses that can be read")]
    fault = ""
    try:
        await asyncio.wait_for(store.check(), WAIT_SECONDS + 1)
    except (GlossariesUnavailable, TimeoutError) as error:
        fault = str(error.__cause__ or "no answer").splitlines()[0]
    finally:
        await store.close()
    if store.location.startswith("sqlite:///"):
        path = Path(store.location.removeprefix("sqlite:///"))
        there = nearest_existing(path)
        if there != path and not (there.is_dir() and os.access(there, os.W_OK)):
            fault = f"nothing can be made in {there}"
    if fault:
        detail = f"{store.location} cannot be used ({fault}); calls that name no stored glossary are served"
        return [problem("glossaries", detail, "see that it is there and can be written, or name another place")]
    return [ok("glossaries", store.location)]


async def _check_redis(name: str, url: str) -> list[Check]:
    """Whether a Redis answers, and whether its clock is ours."""
    from redis.asyncio import Redis

    from triwire_server.redis_pool import redis_location, redis_pool

    try:
        redis: Any = Redis.from_pool(redis_pool(url, 1, WAIT_SECONDS))
    except ValueError:
        return [problem(name, "this is no address of a Redis", '"redis://:PASSWORD@HOST:PORT/NUMBER"')]
    where = redis_location(url)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await redis.ping()
            before = time.time()
            seconds, microseconds = await redis.time()
            now = (before + time.time()) / 2
    except Exception as error:
        # What listens there need not be a Redis, and then its client may raise anything.
        detail = f"no answer within {WAIT_SECONDS:g} s" if isinstance(error, TimeoutError) else str(error)
        shown = (detail.splitlines() or [type(error).__name__])[0]
        return [problem(name, f"{where}: {shown}", "start it, or correct its address, password or network")]
    finally:
        await redis.aclose()
    checks = [ok(name, f"{where} answers")]
    if abs(difference := now - (seconds + microseconds / 1e6)) > CLOCK_SECONDS:
        ahead = "ahead of" if difference > 0 else "behind"
        detail = f"this machine is {abs(difference):.0f} s {ahead} {where}"
        checks.append(warning("clock", detail, "set both, with chrony or ntpd"))
    return checks


async def _check_remote(profile: Profile, spec: ModelSpec) -> list[Check]:
    """Whether the server of a model answers, and has it."""
    from triwire_server.engine.remote_client import RemoteClient, RequestFailed
    from triwire_server.loading import remote_model
    from triwire_server.model_errors import ModelMissing

    try:
        model = remote_model(profile, spec)
    except ModelMissing as error:
        return [problem(spec.full_name, str(error), "docs/remote-models.md")]
    where = model.source.base_url
    client = RemoteClient(model.source, model.api_key, model.ssl_context)
    try:
        async with asyncio.timeout(WAIT_SECONDS + model.source.connect_timeout_seconds):
            answer = await client.list_models()
    except TimeoutError:
        return [problem(spec.full_name, f"{where}: no answer", "see that the server runs and can be reached")]
    except RequestFailed as error:
        return [problem(spec.full_name, f"{where}: {error}", "what it is asked is in the profile's source")]
    finally:
        await client.close()
    names = _names(answer)
    if not names:
        return [warning(spec.full_name, f"{where} does not list its models", "a call will show if it has this one")]
    if model.source.model not in names:
        shown = ", ".join(names[:_SHOWN_MODELS])
        detail = f"{where} has {shown}, and not {model.source.model!r}"
        return [problem(spec.full_name, detail, "start it with that model, or correct source.model")]
    return [ok(spec.full_name, f"{where} has it")]


def _names(answer: bytes) -> list[str]:
    """The models in a list of OpenAI's API, as far as it can be read."""
    try:
        return [str(one["id"])[:100] for one in json.loads(answer)["data"]]
    except (ValueError, TypeError, KeyError):
        return []


async def _check_collector(endpoint: str) -> list[Check]:
    if importlib.util.find_spec("opentelemetry") is None:
        return [problem("traces", "the packages for traces are not installed", "pip install 'triwire[server,otel]'")]
    parts = urlsplit(endpoint)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except (OSError, TimeoutError) as error:
        shown = getattr(error, "strerror", None) or "no answer"
        return [problem("traces", f"nobody listens at {endpoint}: {shown}", "start the collector; calls are served")]
    writer.close()
    return [ok("traces", f"{endpoint} takes connections")]
