"""Fixtures that several parts of the tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Threads that wait for work would keep the processors from the servers that tests start. Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from tests.tiny_models import write_tiny_profile

# How long an example takes is the machine's business, and of benchmarks/.
settings.register_profile("triwire", deadline=None)
settings.load_profile("triwire")


@pytest.fixture(scope="session")
def tiny_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a profile with a tiny translation model (en, ko, ja, all directions) and a tiny chat model."""
    return write_tiny_profile(tmp_path_factory.mktemp("tiny-profile"))
