"""Logs: JSON lines for machines, aligned text for people. Article text is never logged."""

import logging
import sys
from typing import Literal, TextIO

import structlog

from triwire_server.telemetry.tracing import current_span


def configure_logs(log_format: Literal["json", "console"], level: str) -> None:
    """Send structlog's events and the standard library's records to standard error, in one format.

    Args:
        log_format: "json" or "console".
        level: least level that is logged: debug, info, warning, error, critical.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries may log what they work on (trafilatura logs the page it gave up on): only their warnings' loggers that
    # are known to hold no text pass, and nobody else's below "warning".
    root.setLevel(logging.WARNING)
    logging.getLogger("triwire").setLevel(level.upper())
    logging.getLogger("triwire_server").setLevel(level.upper())
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the moment: bars of progress stand in for it while they are shown."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """It follows `sys.stderr` alone."""


def _add_trace_id(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """What is logged for a call whose trace is recorded names it."""
    if trace_id := current_span().trace_id:
        event.setdefault("trace_id", trace_id)
    return event
