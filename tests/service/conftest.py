"""Fixtures that several tests of the service share."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Puts the logging of the test session back, which a command of the server sets up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("triwire", "triwire_server", "trafilatura"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()
