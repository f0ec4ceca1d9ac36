"""Images are those that `make image` makes, and an operator names them once."""

import re
from pathlib import Path

import pytest
import yaml

from tests.k8s.combinations import Rendered
from tests.k8s.effective import environment_of
from tests.k8s.manifests import ROOT, compose, render
from triwire_server import __version__


@pytest.mark.parametrize(("combination", "target"), [("base", "cpu"), ("cpu", "cpu"), ("gpu", "cuda"), ("hpa", "cuda")])
def test_the_tag_is_this_version_and_the_target(combination: str, target: str, rendered: Rendered) -> None:
    assert rendered[combination].container()["image"] == f"triwire:{__version__}-{target}"


def test_a_kustomization_of_ones_own_names_the_registry_once(tmp_path: Path) -> None:
    folder = compose(tmp_path / "own", "overlays/autoscaled", ())
    file = folder / "kustomization.yaml"
    kustomization = yaml.safe_load(file.read_text(encoding="utf-8"))
    kustomization["images"] = [{"name": "triwire", "newName": "registry.example/news/triwire", "newTag": "7.1"}]
    file.write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    images = {container["image"] for pods in render(folder).pods() for container in pods.containers}
    assert images == {"registry.example/news/triwire:7.1", "docker.io/valkey/valkey:8.1.1"}


def test_what_the_image_sets_is_set_where_it_can_be_changed(rendered: Rendered) -> None:
    dockerfile = ROOT / "Dockerfile"
    if not dockerfile.is_file():
        pytest.skip("there is no Dockerfile here")
    given = environment_of(rendered["base"], rendered["base"].container())
    set_by_image = set(re.findall(r"\b(TRIWIRE_\w+)=", dockerfile.read_text(encoding="utf-8")))
    assert set_by_image
    assert set_by_image - given.keys() == set()
