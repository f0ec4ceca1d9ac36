"""The image, built once for all its tests; see `make test-image`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.engine import BASE, IMAGE, Engine, make_store, missing
from tests.tiny_models import write_tiny_profile


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A store that has the image."""
    if reason := missing():
        pytest.skip(reason)
    engine = Engine(make_store())
    try:
        if not engine.has(BASE):
            engine.make_base()
        engine.build(IMAGE, "--layers")
        yield engine
    finally:
        if "IMAGE_STORE" not in os.environ:
            engine.remove()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a profile `tiny.toml` and its models, readable by everybody."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_profile(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder
