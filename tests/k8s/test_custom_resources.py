"""Objects that operators read, against the definitions that their projects publish."""

import json
import shutil
import subprocess
from collections.abc import Sequence

import pytest

from tests.k8s.combinations import Rendered, distinct
from tests.k8s.manifests import ROOT, Manifests, Object
from tests.k8s.test_schemas import CUSTOM

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / "node_modules" / "@kubernetes-models").is_dir(),
    reason="the definitions are not installed; `make test-k8s` installs them",
)


def check(objects: Sequence[Object]) -> tuple[int, str]:
    """Exit code of the check, and the faults that it found."""
    done = subprocess.run(
        ["node", str(ROOT / "tests" / "k8s" / "check_custom_resources.mjs")],  # noqa: S607 - found on the path
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        input=json.dumps(objects),
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def test_objects_are_what_operators_take(rendered: Rendered) -> None:
    objects = [item for item in distinct(rendered) if item["kind"] in CUSTOM]
    assert {item["kind"] for item in objects} == CUSTOM
    assert check(objects) == (0, "")


def test_an_unknown_field_a_missing_one_and_a_wrong_type_are_found(rendered: Rendered) -> None:
    manifests = Manifests([item for item in distinct(rendered) if item["kind"] in CUSTOM]).copy()
    monitor, scaler = manifests.one("PodMonitor")["spec"], manifests.one("ScaledObject")["spec"]
    monitor["podMetricsEndpoint"] = monitor["podMetricsEndpoints"]
    scaler["triggers"][0].pop("metadata")
    manifests.one("Certificate")["spec"]["dnsNames"] = "triwire"
    code, faults = check(manifests.objects)
    assert code == 1
    assert """'"podMetricsEndpoint"' does not exist in type 'IPodMonitorSpec'""" in faults
    assert "ScaledObject/triwire: data/spec/triggers/0 must have required property metadata" in faults
    assert "Certificate/triwire: data/spec/dnsNames must be array" in faults
