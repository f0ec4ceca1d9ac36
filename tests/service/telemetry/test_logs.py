import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from triwire_server.telemetry.logs import configure_logs
from triwire_server.telemetry.otel_tracing import OtelTracer
from triwire_server.telemetry.tracing import enter, leave


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Puts the logging of the test session back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    names = ("triwire", "triwire_server", "trafilatura")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def test_json_has_one_object_a_line_whatever_is_in_the_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info")
    structlog.get_logger("triwire").info("request", method="Translate", request_id="첫째\n둘째", seconds=0.5)
    logging.getLogger("triwire_server.engine").warning("memory %d", 3)
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["timestamp"].endswith("Z")
    del first["timestamp"]
    assert first == {
        "event": "request",
        "method": "Translate",
        "request_id": "첫째\n둘째",
        "seconds": 0.5,
        "level": "info",
        "logger": "triwire",
    }
    assert (second["event"], second["level"], second["logger"]) == ("memory 3", "warning", "triwire_server.engine")


def test_the_console_format_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("console", "info")
    structlog.get_logger("triwire").info("serving", address="127.0.0.1:50051")
    [line] = capsys.readouterr().err.splitlines()
    assert "serving" in line
    assert "address=127.0.0.1:50051" in line
    assert "\x1b" not in line  # not a terminal, so no colours


def test_what_is_logged_for_a_call_names_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info")
    tracer = OtelTracer(SimpleSpanProcessor(InMemorySpanExporter()))
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    entered = enter(tracer.start_call("/triwire.v1.ArticleService/Translate", [("traceparent", parent)]))
    logging.getLogger("triwire_server.engine").warning("within")
    leave(entered)
    logging.getLogger("triwire_server.engine").warning("outside")
    within, outside = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (within["event"], within["trace_id"]) == ("within", "4bf92f3577b34da6a3ce929d0e0e4736")
    assert (outside["event"], "trace_id" in outside) == ("outside", False)


@pytest.mark.parametrize(
    ("level", "events"), [("debug", ["d", "i", "w"]), ("info", ["i", "w"]), ("warning", ["w"]), ("error", [])]
)
def test_the_level_holds_for_our_loggers(capsys: pytest.CaptureFixture[str], level: str, events: list[str]) -> None:
    configure_logs("json", level)
    log = structlog.get_logger("triwire")
    log.debug("d")
    log.info("i")
    log.warning("w")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == events


def test_libraries_that_may_quote_a_page_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "debug")
    logging.getLogger("trafilatura.core").error("discarding data: %s", "The mayor said")
    logging.getLogger("urllib3").info("GET")
    logging.getLogger("urllib3").warning("the pool is full")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["the pool is full"]
