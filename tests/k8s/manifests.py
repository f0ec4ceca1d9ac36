"""What kustomize makes of a folder, and how the policies look at it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "k8s"

Object: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pods:
    """The pods that a Deployment, StatefulSet or CronJob makes."""

    owner: Object
    labels: dict[str, str]
    spec: Object

    @property
    def name(self) -> str:
        """Kind and name of what makes them."""
        return f"{self.owner['kind']}/{self.owner['metadata']['name']}"

    @property
    def containers(self) -> list[Object]:
        """Those that come first and those that stay."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    def port(self, named: str | int) -> int | None:
        """Number of a port by name or number, if a container that stays has it."""
        for container in self.spec["containers"]:
            for port in container.get("ports", []):
                if named in (port["name"], port["containerPort"]):
                    return int(port["containerPort"])
        return None


class Manifests:
    """The objects of one folder."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self.objects = list(objects)

    def copy(self) -> "Manifests":
        """One that may be changed."""
        return Manifests(deepcopy(self.objects))

    def of(self, *kinds: str) -> list[Object]:
        """The objects of some kinds."""
        return [item for item in self.objects if item["kind"] in kinds]

    def one(self, kind: str, name: str = "triwire") -> Object:
        """The object of a kind and name; generated names count without their hash."""
        found = [item for item in self.of(kind) if _base_name(item) == name]
        assert len(found) == 1, f"{len(found)} objects {kind}/{name}"
        return found[0]

    def pods(self) -> Iterator[Pods]:
        """Everything that makes pods."""
        for item in self.of("Deployment", "StatefulSet", "CronJob"):
            template = item["spec"]["jobTemplate"]["spec"] if item["kind"] == "CronJob" else item["spec"]
            yield Pods(item, template["template"]["metadata"]["labels"], template["template"]["spec"])

    def server(self) -> Pods:
        """The pods that serve."""
        return next(pods for pods in self.pods() if pods.name == "Deployment/triwire")

    def container(self, name: str = "server") -> Object:
        """A container of the pods that serve."""
        return next(item for item in self.server().containers if item["name"] == name)


def _base_name(item: Object) -> str:
    name = str(item["metadata"]["name"])
    return name.rpartition("-")[0] if item["kind"] == "ConfigMap" else name


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a selector of labels picks a pod. An empty one picks all."""
    wanted = selector.get("matchLabels", {})
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return all(labels.get(key) == value for key, value in wanted.items())


def quantity(text: str | int | float) -> float:
    """A quantity of Kubernetes as a number: "500m" is a half, "2Gi" so many bytes."""
    units = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    text = str(text)
    for unit in sorted(units, key=len, reverse=True):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * units[unit]
    return float(text)


def render(folder: Path) -> Manifests:
    """What kustomize makes of a folder; skips the test where there is no kustomize."""
    command = _kustomize()
    if command is None:
        pytest.skip("neither kubectl nor kustomize is on the path")
    done = subprocess.run([*command, str(folder)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Manifests([item for item in yaml.safe_load_all(done.stdout) if item])


def compose(folder: Path, resource: str, components: Sequence[str]) -> Path:
    """Write a kustomization of a base or overlay with components, as the documentation tells operators to."""
    folder.mkdir(exist_ok=True)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "triwire",
        "resources": [os.path.relpath(KUBERNETES / resource, folder.resolve())],
        "components": [os.path.relpath(KUBERNETES / "components" / name, folder.resolve()) for name in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return folder


def _kustomize() -> list[str] | None:
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    return ["kustomize", "build"] if shutil.which("kustomize") else None
