"""Every object against the published schemas of Kubernetes, unknown fields refused."""

import pytest
from kubernetes_validate import ValidationError, validate

from tests.k8s.combinations import Rendered, distinct

VERSIONS = ("1.30", "1.37")
"""The oldest Kubernetes that the manifests are for (preStop sleeps), and the newest with a schema here."""

CUSTOM = {"Certificate", "PodMonitor", "PrometheusRule", "ScaledObject"}
"""Kinds that operators bring; `make test-k8s` checks them."""


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_what_kubernetes_takes(version: str, rendered: Rendered) -> None:
    objects = distinct(rendered)
    assert len(objects) > 30
    for item in objects:
        if item["kind"] not in CUSTOM:
            assert validate(item, version, strict=True) == version


def test_a_misspelled_field_is_refused(rendered: Rendered) -> None:
    manifests = rendered["base"].copy()
    manifests.container()["securityContext"]["readOnlyRootFileSystem"] = True
    with pytest.raises(ValidationError, match="readOnlyRootFileSystem"):
        validate(manifests.server().owner, "1.37", strict=True)
