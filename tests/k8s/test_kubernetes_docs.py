"""docs/kubernetes.md: commands work as far as they can without a cluster, the example renders, tables are whole."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.docs.markdown import texts
from tests.k8s.config_policies import SECRETS
from tests.k8s.manifests import KUBERNETES, ROOT, render
from tests.k8s.test_policies import POLICIES

PAGE = "docs/kubernetes.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


def test_every_overlay_and_component_is_told_of() -> None:
    overlays = {folder.name for folder in (KUBERNETES / "overlays").iterdir()}
    components = {folder.name for folder in (KUBERNETES / "components").iterdir()}
    assert set(re.findall(r"^\| `k8s/overlays/([\w-]+)`", TEXT, re.M)) == overlays
    rows = re.search(r"^\| component .*?\n\n", TEXT, re.M | re.S)
    assert rows is not None
    first_cells = re.findall(r"^\| (`.*?) \|", rows[0], re.M)
    assert {name for cell in first_cells for name in re.findall(r"`([\w-]+)`", cell)} == components


def test_the_secrets_that_are_made_have_the_keys_that_are_read(tmp_path: Path) -> None:
    if shutil.which("kubectl") is None or shutil.which("openssl") is None:
        pytest.skip("no kubectl or no openssl on the path")
    certificate = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    certificate += ["-subj", "/CN=triwire", "-keyout", "tls.key", "-out", "tls.crt"]
    subprocess.run(certificate, check=True, capture_output=True, cwd=tmp_path)
    (tmp_path / "tokens.toml").write_text("", encoding="utf-8")
    made: dict[str, set[str]] = {}
    for line in texts(PAGE, "sh")[0].splitlines():
        if " create secret " in line:
            command = ["bash", "-ec", f"{line} --dry-run=client -o yaml"]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
            secret = yaml.safe_load(done.stdout)
            made[secret["metadata"]["name"]] = set(secret["data"])
            assert secret["metadata"]["namespace"] == "triwire"
    # The authority of callers is there with mutual TLS alone.
    assert made == {name: keys - {"ca.crt"} for name, keys in SECRETS.items()}


def test_the_folder_of_ones_own_renders_and_keeps_the_policies(tmp_path: Path) -> None:
    text = next(block for block in texts(PAGE, "yaml") if "kind: Kustomization" in block)
    text = text.replace("../k8s/", f"{os.path.relpath(KUBERNETES, tmp_path.resolve())}/")
    (tmp_path / "kustomization.yaml").write_text(text, encoding="utf-8")
    manifests = render(tmp_path)
    assert manifests.container()["image"] == "registry.example/news/triwire:0.1.0-cpu"
    assert manifests.one("ConfigMap", "triwire-environment")["data"]["TRIWIRE_LOG_LEVEL"] == "warning"
    assert [fault for policy in POLICIES for fault in policy(manifests)] == []


def test_times_in_the_text_are_those_of_the_manifests() -> None:
    deployment = render(KUBERNETES / "base").server().spec
    settings = (KUBERNETES / "base" / "settings.toml").read_text(encoding="utf-8")
    assert f"`terminationGracePeriodSeconds` ({deployment['terminationGracePeriodSeconds']})" in TEXT
    for name in ("shutdown_wait_seconds", "shutdown_grace_seconds"):
        value = re.search(rf"^{name} = (\d+)$", settings, re.M)
        assert value is not None
        assert f"`{name}` ({value[1]})" in TEXT
