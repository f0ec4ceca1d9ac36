"""What has to hold for settings, profiles, Secrets and stores. Each policy returns what is wrong."""

import itertools
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.k8s.effective import environment_of, mounted_files, profile_of, settings_of
from tests.k8s.manifests import Manifests, Object, Pods, quantity
from triwire_server.profiles.profile import ProfileError
from triwire_server.settings import SettingsError
from triwire_server.settings_sources import CONFIG_FILE_VARIABLE

SECRETS = {
    "triwire-tls": {"tls.crt", "tls.key", "ca.crt"},
    "triwire-tokens": {"tokens.toml"},
    "triwire-redis": {"password", "cache-secret"},
}
"""Secrets that the operator makes before the first apply, with their keys (docs/kubernetes.md)."""


def references_exist(manifests: Manifests) -> list[str]:
    """ConfigMaps and claims are among the objects; Secrets are, or are those that the operator makes."""
    faults = []
    known = {(item["kind"], item["metadata"]["name"]) for item in manifests.objects}
    for pods in manifests.pods():
        for kind, name in _references(pods):
            if kind != "Secret" and (kind, name) not in known:
                faults.append(f"{pods.name}: there is no {kind} {name}")
            if kind == "Secret" and name not in SECRETS:
                faults.append(f"{pods.name}: nobody makes the Secret {name}")
        for container in pods.containers:
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference is not None and reference["key"] not in SECRETS.get(reference["name"], ()):
                    faults.append(f"{pods.name}: no key {reference['key']} in the Secret {reference['name']}")
    return faults


def _references(pods: Pods) -> Iterator[tuple[str, str]]:
    for volume in pods.spec.get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    for container in pods.containers:
        for source in container.get("envFrom", []):
            yield "ConfigMap", source["configMapRef"]["name"]
        for variable in container.get("env", []):
            if "secretKeyRef" in variable.get("valueFrom", {}):
                yield "Secret", variable["valueFrom"]["secretKeyRef"]["name"]


def variables_are_defined_before_their_use(manifests: Manifests) -> list[str]:
    """A reference that cannot be resolved would be passed on as it is written."""
    faults = []
    for pods in manifests.pods():
        for container in pods.containers:
            variables = environment_of(manifests, container)
            texts = [*variables.values(), *container.get("args", [])]
            names = {name for text in texts for name in re.findall(r"\$\((\w+)\)", text)}
            open_names = {name for text in variables.values() for name in re.findall(r"\$\((\w+)\)", text)}
            for name in sorted(open_names | (names - variables.keys())):
                faults.append(f"{pods.name} {container['name']}: $({name}) is not defined before")
    return faults


def settings_are_accepted(manifests: Manifests) -> list[str]:
    """By the code that reads them: every name exists and every value is allowed, in every container."""
    faults = []
    for container in manifests.server().containers:
        try:
            settings_of(manifests, container)
        except (SettingsError, KeyError) as error:
            faults.append(f"{container['name']}: {error}")
    return faults


def profiles_can_be_served(manifests: Manifests) -> list[str]:
    """They load, and all containers of a pod mean the same one."""
    faults = []
    names = set()
    for container in manifests.server().containers:
        try:
            profile = profile_of(manifests, container)
            names.add((profile.name, *(card.full_name for card in profile.cards)))
        except ProfileError as error:
            faults.append(f"{container['name']}: {error}")
    return faults if len(names) <= 1 else [*faults, f"containers have different profiles: {sorted(names)}"]


def files_are_mounted(manifests: Manifests) -> list[str]:
    """Every file that settings name lies in a volume, and what is written lies in one that can be written."""
    server = manifests.server()
    faults = []
    for container in server.containers:
        mounts = {mount["mountPath"]: bool(mount.get("readOnly")) for mount in container["volumeMounts"]}
        files = mounted_files(manifests, server.spec, container)
        settings = settings_of(manifests, container)
        if environment_of(manifests, container)[CONFIG_FILE_VARIABLE] not in files:
            faults.append(f"{container['name']}: the settings file is not mounted")
        if "pull" in container["args"] and mounts.get(str(settings.cache_dir)) is not False:
            faults.append(f"{container['name']}: cannot write to {settings.cache_dir}")
        if container["name"] != "server":
            continue
        named = [getattr(settings, name, "") for name in ("tls_certificate", "tls_key", "tls_client_ca", "tokens")]
        if settings.glossary_url.startswith("sqlite:///"):
            named.append(settings.glossary_url.removeprefix("sqlite:///"))
        for path in [*filter(None, named), f"{settings.cache_dir}/"]:
            if not any(path.startswith(f"{mount}/") for mount in mounts):
                faults.append(f"server: {path} lies in no volume")
    return faults


def server_listens_where_it_is_asked(manifests: Manifests) -> list[str]:
    """On every address, and on the ports that the container names."""
    settings = settings_of(manifests, manifests.container())
    faults = []
    wanted = {"grpc": ("host", "port"), "metrics": ("metrics_host", "metrics_port")}
    if hasattr(settings, "health_port"):
        wanted["health"] = ("health_host", "health_port")
    for name, (host, port) in wanted.items():
        if getattr(settings, host) not in ("0.0.0.0", "[::]", "::"):  # noqa: S104 - a pod's own network
            faults.append(f"server: {host} takes no calls from outside of the pod")
        if getattr(settings, port) != manifests.server().port(name):
            faults.append(f"server: {port} is not the port {name} of the container")
    return faults


def replicas_share_glossaries(manifests: Manifests) -> list[str]:
    """Else an editor's terms would be known to one replica, and gone with it."""
    spec = manifests.server().owner["spec"]
    is_one = spec.get("replicas", 1) == 1 and not manifests.of("ScaledObject", "HorizontalPodAutoscaler")
    url = settings_of(manifests, manifests.container()).glossary_url
    return [] if is_one or url.startswith(("redis://", "rediss://")) else [f"replicas keep glossaries in {url}"]


def stores_keep_what_they_must(manifests: Manifests) -> list[str]:
    """Each address of a store is a Service's; glossaries survive a restart and are never dropped, results may be."""
    variables = environment_of(manifests, manifests.container())
    services = {item["metadata"]["name"]: item for item in manifests.of("Service")}
    faults = []
    for name, policy, on_disk in (
        ("TRIWIRE_GLOSSARIES", "noeviction", "yes"),
        ("TRIWIRE_SHARED_CACHE", "allkeys-lru", "no"),
    ):
        url = urlsplit(variables.get(name, ""))
        if url.scheme not in ("redis", "rediss"):
            continue
        service = services.get(url.hostname or "")
        if service is None or service["spec"]["ports"][0]["port"] != url.port:
            faults.append(f"{name}: no Service has this address")
            continue
        selector = service["spec"]["selector"]
        [pods] = [one for one in manifests.pods() if selector.items() <= one.labels.items()]
        [container] = pods.spec["containers"]
        flags = _flags(container)
        if flags.get("--maxmemory-policy") != policy or flags.get("--appendonly") != on_disk:
            faults.append(f"{pods.name}: does not keep what {name} needs")
        if quantity(flags["--maxmemory"].replace("mb", "Mi")) >= quantity(container["resources"]["limits"]["memory"]):
            faults.append(f"{pods.name}: is killed before it is full")
        if on_disk == "yes" and not pods.owner["spec"].get("volumeClaimTemplates"):
            faults.append(f"{pods.name}: forgets with its pod")
        if "--requirepass" not in flags:
            faults.append(f"{pods.name}: asks for no password")
    return faults


def _flags(container: Object) -> dict[str, str]:
    arguments = container["args"]
    return {name: value for name, value in itertools.pairwise(arguments) if name.startswith("--")}


def threads_fit_processors(manifests: Manifests) -> list[str]:
    """A server that computes on processors has a thread for each of its own, not for each of the node."""
    container = manifests.container()
    settings = settings_of(manifests, container)
    if settings.device != "cpu" or not profile_of(manifests, container).local_models:
        return []
    limit = quantity(container["resources"]["limits"]["cpu"])
    return [] if settings.torch_threads == limit else [f"{settings.torch_threads} threads for {limit:g} processors"]


POLICIES = (
    references_exist,
    variables_are_defined_before_their_use,
    settings_are_accepted,
    profiles_can_be_served,
    files_are_mounted,
    server_listens_where_it_is_asked,
    replicas_share_glossaries,
    stores_keep_what_they_must,
    threads_fit_processors,
)
