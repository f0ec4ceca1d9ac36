"""A real Prometheus for tests, on a free port of the loopback address, and the tool that comes with it."""

import json
import math
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.server_process import free_port

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not on the path (apt-get install prometheus)"
)
needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is not on the path (apt-get install prometheus)"
)


def promtool(*arguments: str, given: str | None = None) -> str:
    """Run promtool, which has to be content, and give what it said."""
    done = subprocess.run(
        ["promtool", *arguments],  # noqa: S607 - found on the path
        input=given,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


class Prometheus:
    """A running server, and what can be asked of it."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of the HTTP API; a query that is wrong raises."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/v1/{path}?{query}", timeout=20) as answer:
            return json.load(answer)["data"]

    def values(self, expression: str) -> list[float]:
        """What an expression is now, for each of its series; those that are no number are left out."""
        found = [float(series["value"][1]) for series in self.ask("query", query=expression)["result"]]
        return [value for value in found if not math.isnan(value)]

    def samples(self, selector: str, seconds: int) -> list[float]:
        """The scraped values of the one series that a selector names, oldest first."""
        [series] = self.ask("query", query=f"{selector}[{seconds}s]")["result"]
        return [float(value) for _, value in series["values"]]

    def alerts(self) -> Mapping[str, str]:
        """The state of each alert that is pending or firing."""
        return {alert["labels"]["alertname"]: alert["state"] for alert in self.ask("alerts")["alerts"]}

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def running_prometheus(folder: Path, targets: Sequence[str], rules: Path) -> Iterator[Prometheus]:
    """Start a server that scrapes and evaluates every second, and end it.

    Args:
        folder: for its files.
        targets: HOST:PORT of each replica.
        rules: a file of rules.
    """
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            {
                "job_name": "triwire",
                "static_configs": [{"targets": list(targets), "labels": {"namespace": "news"}}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            server = Prometheus(port)
            end = time.monotonic() + 60
            while not server.is_ready():
                if process.poll() is not None or time.monotonic() > end:
                    pytest.fail(f"prometheus did not start: {(folder / 'prometheus.log').read_text()}")
                time.sleep(0.1)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=20)
