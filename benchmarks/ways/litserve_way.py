"""LitServe over HTTP on the loopback address, asked by a number of clients at once."""

import http.client
import sys
from pathlib import Path

from ways.http_clients import is_healthy, post, run_clients
from ways.processes import ServerProcess, free_port
from ways.work import Work


class LitServe:
    """A server in a process of its own, with a model of the same shape and seed.

    Args:
        shape: of the model.
        threads: for computing.
        num_clients: requests under way at any time; two batches' worth keep one waiting while the other runs.

    Raises:
        RuntimeError: it did not start.
    """

    def __init__(self, shape: str, threads: int, num_clients: int) -> None:
        self._port = free_port()
        self._num_clients = num_clients
        command = [sys.executable, str(Path(__file__).with_name("litserve_server.py"))]
        self.process = ServerProcess([*command, shape, str(self._port), str(threads)], lambda: is_healthy(self._port))

    def run(self, work: list[Work]) -> list[list[int]]:
        """All of the work, in its order."""
        return run_clients(self._port, work, self._num_clients, _ask)


def _ask(connection: http.client.HTTPConnection, work: Work) -> list[int]:
    tokens: list[int] = post(connection, "/predict", {"source": work.source, "length": work.length})["tokens"]
    return tokens
