"""Clients of an HTTP server on the loopback address: so many, each with one request under way at any time."""

import http.client
import json
import queue
import threading
from collections.abc import Callable
from typing import Any

from ways.work import Work

REQUEST_SECONDS = 600
"""How long a client waits for one answer."""


def post(connection: http.client.HTTPConnection, path: str, body: dict[str, Any]) -> Any:
    """The JSON answer to a JSON request.

    Raises:
        RuntimeError: the server answered with an error.
    """
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {content[:200].decode(errors='replace')}")
    return json.loads(content)


def run_clients(
    port: int, work: list[Work], num_clients: int, ask: Callable[[http.client.HTTPConnection, Work], list[int]]
) -> list[list[int]]:
    """All of the work through a number of clients, in its order.

    Raises:
        Exception: the first that a client met.
    """
    outputs: list[list[int]] = [[] for _ in work]
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(work)):
        waiting.put(index)
    failures: list[Exception] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
        try:
            while not failures:
                index = waiting.get_nowait()
                outputs[index] = ask(connection, work[index])
        except queue.Empty:
            pass
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(min(num_clients, len(work)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return outputs


def is_healthy(port: int, path: str = "/health") -> bool:
    """Whether a server answers its health check."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    finally:
        connection.close()
