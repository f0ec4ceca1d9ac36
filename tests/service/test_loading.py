"""What keeps models from being loaded, as the operator sees it."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tiny_models import m2m100_profile
from triwire_server.__main__ import app

pytestmark = pytest.mark.usefixtures("logging_as_before")


def test_a_checkpoint_that_does_not_fit_its_profile_ends_the_start_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text(json.dumps({"model_type": "mbart"}), encoding="utf-8")
    profile = tmp_path / "profile.toml"
    profile.write_text(m2m100_profile('kind = "directory", path = "weights"'), encoding="utf-8")
    command = ["serve", "--profile", str(profile), "--cache-dir", str(tmp_path / "cache"), "--log-level", "error"]
    ports = ["--port", "0", "--health-port", "0", "--metrics-port", "0"]
    environment = {name: None for name in os.environ if name.startswith("TRIWIRE_")}
    result = CliRunner().invoke(app, [*command, *ports], env=environment)
    assert result.exit_code == 2
    said, hint = result.stderr.splitlines()
    assert said == "triwire-server: tiny@1: architecture 'm2m100' reads m2m_100, the checkpoint is 'mbart'"
    assert hint.startswith("more about it: triwire-server doctor --profile ")
