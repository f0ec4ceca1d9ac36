"""The RayJob: its pods against the schemas of Kubernetes, its command against the example."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import ValidationError, validate

from tests.k8s.test_schemas import VERSIONS

ROOT = Path(__file__).parents[2]
JOB = yaml.safe_load((ROOT / "examples" / "backfill-rayjob.yaml").read_text(encoding="utf-8"))
CLUSTER = JOB["spec"]["rayClusterSpec"]


def pods() -> list[dict[str, Any]]:
    groups = [CLUSTER["headGroupSpec"], *CLUSTER["workerGroupSpecs"]]
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ray"}, **group["template"]} for group in groups]


@pytest.mark.parametrize("version", VERSIONS)
def test_its_pods_are_what_kubernetes_takes(version: str) -> None:
    assert len(pods()) == 2
    for pod in pods():
        assert validate(pod, version, strict=True) == version


def test_a_misspelled_field_is_refused() -> None:
    pod = pods()[0]
    pod["spec"]["containers"][0]["enviroment"] = []
    with pytest.raises(ValidationError, match="enviroment"):
        validate(pod, "1.37", strict=True)
    del pod["spec"]["containers"][0]["enviroment"]


def test_its_command_has_options_of_the_example() -> None:
    source = (ROOT / "examples" / "backfill_ray.py").read_text(encoding="utf-8")
    options = set(re.findall(r'add_argument\("(--[a-z]+)"', source))
    words = shlex.split(JOB["spec"]["entrypoint"])
    assert words[:2] == ["python", "/app/backfill_ray.py"]
    assert {word for word in words if word.startswith("--")} <= options
    assert "dns:///triwire-headless.triwire.svc:50051" in words


def test_the_versions_of_ray_are_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = CLUSTER["rayVersion"]
    assert f"ray[data]=={version}" in project["project"]["optional-dependencies"]["backfill"]
    assert f"\nray=={version}\n" in (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert f"FROM rayproject/ray:{version}-py311" in (ROOT / "docs" / "backfill.md").read_text(encoding="utf-8")
