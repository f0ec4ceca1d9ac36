"""A server with tiny models for the tests of a file, and a client for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.server import running_server, target
from triwire_client import Client
from triwire_server.app import App


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tiny_profile: Path) -> AsyncIterator[App]:
    async with running_server(tiny_profile) as app:
        yield app


@pytest_asyncio.fixture(loop_scope="module")
async def client(app: App) -> AsyncIterator[Client]:
    async with Client(target(app), timeout=60) as client:
        yield client
