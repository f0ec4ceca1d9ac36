"""TLS and mutual TLS over real connections: who is let in, and certificates that are renewed while it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog

from tests.certificates import Authority
from tests.server import running_server, target
from triwire.v1 import article_service_pb2, article_service_pb2_grpc
from triwire_client import Client, Tls
from triwire_server.app import App

LISTING = article_service_pb2.ListModelsRequest()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def secured(authority: Authority, *, mutual: bool = False, **settings: object) -> AsyncIterator[App]:
    """A server whose certificate is in the files "server"."""
    certificate, key = authority.sign("server")
    files = {"tls_certificate": str(certificate), "tls_key": str(key)}
    if mutual:
        files["tls_client_ca"] = str(authority.certificate)
    async with running_server("extractive", **files, **settings) as app:
        yield app


def channel_to(app: App, root: Path, client: tuple[Path, Path] | None = None) -> grpc.aio.Channel:
    certificate, key = (path.read_bytes() for path in client) if client else (None, None)
    # Each channel has connections of its own; gRPC shares them otherwise.
    options = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.secure_channel(
        target(app), grpc.ssl_channel_credentials(root.read_bytes(), key, certificate), options
    )


async def list_models(channel: grpc.aio.Channel) -> int:
    stub: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
    return int((await stub.ListModels(LISTING, timeout=10)).limits.max_blocks)


async def is_let_in(channel: grpc.aio.Channel) -> bool:
    """Whether a connection comes about; closes the channel."""
    async with channel:
        try:
            return await list_models(channel) == 2000
        except grpc.aio.AioRpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE  # noqa: PT017  # one of the two outcomes
            return False


async def test_a_caller_that_knows_the_authority_is_let_in_and_plaintext_is_not(authority: Authority) -> None:
    other = Authority(authority.certificate.parent, "other-ca")
    async with secured(authority) as app:
        assert await is_let_in(channel_to(app, authority.certificate))
        assert not await is_let_in(channel_to(app, other.certificate))
        assert not await is_let_in(grpc.aio.insecure_channel(target(app)))
        async with Client(target(app), tls=Tls(root_certificates=authority.certificate), token="a") as client:
            assert (await client.list_models()).limits.max_blocks == 2000


async def test_with_mutual_tls_only_certificates_of_the_authority_are_let_in(authority: Authority) -> None:
    other = Authority(authority.certificate.parent, "other-ca")
    root = authority.certificate
    async with secured(authority, mutual=True) as app:
        assert await is_let_in(channel_to(app, root, authority.sign("desk")))
        assert not await is_let_in(channel_to(app, root))
        assert not await is_let_in(channel_to(app, root, other.sign("stranger")))
        assert not await is_let_in(channel_to(app, root, authority.sign("late", lifetime=timedelta(hours=-1))))


async def test_a_caller_is_logged_by_the_name_in_its_certificate(authority: Authority) -> None:
    with structlog.testing.capture_logs() as records:
        async with secured(authority, mutual=True) as app:
            assert await is_let_in(channel_to(app, authority.certificate, authority.sign("news-desk")))
    assert [record["caller"] for record in records if record["event"] == "request"] == ["news-desk"]


async def test_new_connections_see_a_renewed_certificate_and_old_ones_live_on(authority: Authority) -> None:
    root = authority.certificate
    folder = root.parent
    async with secured(authority) as app, channel_to(app, root) as old:
        await list_models(old)
        successor = Authority(folder, "next-ca")
        successor.sign("server")
        assert await is_let_in(channel_to(app, successor.certificate))
        assert not await is_let_in(channel_to(app, root))
        assert await list_models(old) == 2000
        # A renewal that went wrong changes nothing.
        (folder / "server.key").write_text("damaged", encoding="utf-8")
        assert await is_let_in(channel_to(app, successor.certificate))
        assert app.registry.get_sample_value("triwire_reload_failing", {"file": "tls_certificate"}) == 1


async def test_who_may_sign_callers_certificates_can_be_replaced_while_it_runs(authority: Authority) -> None:
    root = authority.certificate
    async with secured(authority, mutual=True) as app:
        desk = authority.sign("desk")
        successor = Authority(root.parent, "next-ca")
        successors = successor.sign("desk", into="next-desk")
        original = root.read_bytes()
        assert not await is_let_in(channel_to(app, root, successors))
        root.write_bytes(original + successor.certificate.read_bytes())
        assert await is_let_in(channel_to(app, root, successors))
        assert await is_let_in(channel_to(app, root, desk))


async def test_an_expired_certificate_of_the_server_is_told_and_its_renewal_needs_no_call(authority: Authority) -> None:
    certificate, key = authority.sign("server", lifetime=timedelta(hours=-1))
    with structlog.testing.capture_logs() as records:
        async with running_server("extractive", tls_certificate=str(certificate), tls_key=str(key)) as app:
            assert not await is_let_in(channel_to(app, authority.certificate))
            labels = {"file": "tls_certificate"}
            authority.sign("server", lifetime=timedelta(days=30))
            async with asyncio.timeout(20):
                while not app.registry.get_sample_value("triwire_reloads_total", labels | {"result": "success"}):
                    await asyncio.sleep(0.05)
            assert await is_let_in(channel_to(app, authority.certificate))
    assert [record["file"] for record in records if record["event"] == "certificate_expired"] == ["tls_certificate"]
