"""The settings that a container of the manifests starts with, read by the server's own code."""

import re
import tempfile
from pathlib import Path

from tests.k8s.manifests import Manifests, Object
from triwire_server.profiles.profile import Profile, load_profile
from triwire_server.settings import Settings
from triwire_server.settings_sources import CONFIG_FILE_VARIABLE, load_settings

SECRET = "0123456789abcdef0123456789abcdef"
"""What stands for a value of a Secret."""


def environment_of(manifests: Manifests, container: Object) -> dict[str, str]:
    """The variables of a container, with references to variables before them filled in."""
    variables: dict[str, str] = {}
    for source in container.get("envFrom", []):
        variables |= config_map(manifests, source["configMapRef"]["name"])
    for item in container.get("env", []):
        value = item.get("value", SECRET if "valueFrom" in item else "")
        variables[item["name"]] = re.sub(r"\$\((\w+)\)", lambda name: variables.get(name[1], name[0]), value)
    return variables


def config_map(manifests: Manifests, name: str) -> dict[str, str]:
    """The data of a ConfigMap by its whole name."""
    found = [item["data"] for item in manifests.of("ConfigMap") if item["metadata"]["name"] == name]
    assert found, f"no ConfigMap {name}"
    data: dict[str, str] = found[0]
    return data


def mounted_files(manifests: Manifests, spec: Object, container: Object) -> dict[str, str]:
    """Path and text of the files that a container gets from ConfigMaps."""
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    files: dict[str, str] = {}
    for mount in container.get("volumeMounts", []):
        source = volumes.get(mount["name"], {}).get("configMap")
        if source is not None:
            data = config_map(manifests, source["name"])
            files |= {f"{mount['mountPath']}/{key}": text for key, text in data.items()}
    return files


def settings_of(manifests: Manifests, container: Object) -> Settings:
    """The settings of a container of the server's pods.

    Raises:
        SettingsError: a setting does not exist or is not allowed.
        KeyError: the settings file is not mounted.
    """
    variables = environment_of(manifests, container)
    files = mounted_files(manifests, manifests.server().spec, container)
    text = files[variables.pop(CONFIG_FILE_VARIABLE)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settings.toml"
        file.write_text(text, encoding="utf-8")
        return load_settings({"config_file": file}, variables)


def profile_of(manifests: Manifests, container: Object) -> Profile:
    """The profile that a container serves: one that ships with the server, or a file of a ConfigMap.

    Raises:
        ProfileError: it cannot be used, or its file is not mounted.
    """
    settings = settings_of(manifests, container)
    files = mounted_files(manifests, manifests.server().spec, container)
    if settings.profile not in files:
        return load_profile(settings.profile, allow_noncommercial=settings.allow_noncommercial)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.toml"
        file.write_text(files[settings.profile], encoding="utf-8")
        return load_profile(str(file), allow_noncommercial=settings.allow_noncommercial)
