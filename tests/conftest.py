"""Fixtures that several parts of the tests share."""

from pathlib import Path

import pytest

from tests.tiny_models import write_tiny_profile


@pytest.fixture(scope="session")
def tiny_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a profile with a tiny translation model (en, ko, ja, all directions) and a tiny chat model."""
    return write_tiny_profile(tmp_path_factory.mktemp("tiny-profile"))
