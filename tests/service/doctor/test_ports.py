import asyncio
import os
import socket
from collections.abc import Iterator

import pytest

from tests.server import running_server
from tests.service.doctor.lines import line, lines, settings_of
from triwire_server.doctor.ports import check_ports, owner_of


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_ports_that_are_free_or_left_to_the_system_are_ok() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert lines(check_ports(settings_of(port=port, health_port=0, metrics_port=0))) == [
        f"ok port 127.0.0.1:{port} is free",
        "ok health_port 127.0.0.1: a free one is taken",
        "ok metrics_port 127.0.0.1: a free one is taken",
    ]


def test_a_taken_port_is_a_problem_that_names_its_owner(taken: int) -> None:
    found = line(check_ports(settings_of(port=taken, health_port=0, metrics_port=0)), "port")
    owner = owner_of(taken)
    assert owner.endswith(f" ({os.getpid()})")
    remedy = "end that, or choose another port (TRIWIRE_PORT)"
    assert found == f"problem port 127.0.0.1:{taken} is in use by {owner} -> {remedy}"


async def test_a_port_on_which_triwire_runs_already_is_only_warned_of() -> None:
    async with running_server("extractive") as app:
        settings = settings_of(port=app.port, health_port=app.health_port, metrics_port=0)
        found = await asyncio.to_thread(lambda: lines(check_ports(settings)))
    assert found[0].startswith(f"warning port 127.0.0.1:{app.port} is in use by ")
    assert found[0].endswith(": a triwire server runs here -> nothing, if it is the one you mean")


def test_one_port_for_two_things_and_addresses_of_others_are_problems() -> None:
    found = lines(check_ports(settings_of(port=50051, health_port=50051, metrics_port=0, metrics_host="192.0.2.1")))
    assert found[1] == "problem health_port 50051 is that of port too -> choose another port for one of them"
    elsewhere = lines(check_ports(settings_of(port=0, health_port=0, metrics_host="192.0.2.1")))[2]
    assert elsewhere == (
        "problem metrics_port 192.0.2.1:9464: this machine has no such address"
        ' -> an address of this machine, or "0.0.0.0" for all'
    )
