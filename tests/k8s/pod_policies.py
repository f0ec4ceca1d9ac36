"""What has to hold for every pod. Each policy returns what is wrong, a sentence for each fault."""

from tests.k8s.manifests import Manifests, Object, Pods, quantity
from triwire_server.app import LIVENESS

GPU = "nvidia.com/gpu"

SLOWEST_LOAD_SECONDS = 600
"""The largest bucket of triwire_model_load_duration_seconds: what the service itself foresees."""


def images_are_pinned(manifests: Manifests) -> list[str]:
    """By a tag that does not move, or by digest."""
    faults = []
    for pods in manifests.pods():
        for container in pods.containers:
            _, _, tag = container["image"].rpartition("/")[2].partition(":")
            if "@sha256:" not in container["image"] and tag in ("", "latest"):
                faults.append(f"{pods.name} {container['name']}: image {container['image']} is not pinned")
    return faults


def one_image_serves_and_fetches(manifests: Manifests) -> list[str]:
    """What models are fetched and verified with is what reads them."""
    wanted = manifests.container()["image"]
    faults = []
    for pods in manifests.pods():
        for container in pods.containers:
            if container["args"][0] in ("serve", "models") and container["image"] != wanted:
                faults.append(f"{pods.name} {container['name']}: {container['image']} is not {wanted}")
    return faults


def pods_are_restricted(manifests: Manifests) -> list[str]:
    """The profile "restricted" of the Pod Security Standards, and a read-only root besides."""
    faults = []
    for pods in manifests.pods():
        security = pods.spec.get("securityContext", {})
        if security.get("runAsNonRoot") is not True or not security.get("runAsUser", 0):
            faults.append(f"{pods.name}: may run as root")
        if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            faults.append(f"{pods.name}: no seccomp profile")
        for name in ("hostNetwork", "hostPID", "hostIPC"):
            if pods.spec.get(name):
                faults.append(f"{pods.name}: {name}")
        for volume in pods.spec.get("volumes", []):
            if "hostPath" in volume:
                faults.append(f"{pods.name}: volume {volume['name']} is a path of the node")
        for container in pods.containers:
            faults += [f"{pods.name} {container['name']}: {fault}" for fault in _loose_container(container)]
    return faults


def _loose_container(container: Object) -> list[str]:
    security = container.get("securityContext", {})
    wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
    faults = [f"{name} is not {value}" for name, value in wanted.items() if security.get(name) is not value]
    capabilities = security.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
        faults.append("has capabilities")
    if security.get("privileged") or security.get("runAsUser") == 0:
        faults.append("is privileged")
    return faults


def no_pod_talks_to_the_api(manifests: Manifests) -> list[str]:
    """A service account of its own, without a token, and no variables for Services."""
    accounts = {item["metadata"]["name"]: item for item in manifests.of("ServiceAccount")}
    faults = []
    for pods in manifests.pods():
        account = accounts.get(pods.spec.get("serviceAccountName", "default"))
        if account is None or account.get("automountServiceAccountToken") is not False:
            faults.append(f"{pods.name}: its service account is not ours, or has a token")
        if pods.spec.get("automountServiceAccountToken") is not False:
            faults.append(f"{pods.name}: mounts a token")
        if pods.spec.get("enableServiceLinks") is not False:
            faults.append(f"{pods.name}: gets variables for Services")
    return faults


def resources_are_set(manifests: Manifests) -> list[str]:
    """Requests and limits; memory is never overcommitted, and neither is a GPU."""
    faults = []
    for pods in manifests.pods():
        for container in pods.containers:
            where = f"{pods.name} {container['name']}"
            requests = container.get("resources", {}).get("requests", {})
            limits = container.get("resources", {}).get("limits", {})
            for name in ("cpu", "memory"):
                if name not in requests or name not in limits:
                    faults.append(f"{where}: no request or no limit for {name}")
            for name in ("memory", GPU):
                if requests.get(name) != limits.get(name):
                    faults.append(f"{where}: request and limit differ for {name}")
    return faults


def scratch_space_fits(manifests: Manifests) -> list[str]:
    """Volumes on the node's disk are bounded, and their bounds fit the limit above which the pod is evicted."""
    faults = []
    for pods in manifests.pods():
        total = 0.0
        for volume in pods.spec.get("volumes", []):
            if "emptyDir" in volume:
                size = volume["emptyDir"].get("sizeLimit")
                if size is None:
                    faults.append(f"{pods.name}: volume {volume['name']} has no bound")
                total += quantity(size or 0)
        for container in pods.containers:
            limit = container["resources"].get("limits", {}).get("ephemeral-storage")
            if limit is not None and quantity(limit) < total:
                faults.append(f"{pods.name} {container['name']}: volumes may hold more than {limit}")
    return faults


def mounts_have_volumes(manifests: Manifests) -> list[str]:
    """And volumes are mounted. Secrets as a whole: a subPath would never see a renewed one."""
    faults = []
    for pods in manifests.pods():
        volumes = {volume["name"]: volume for volume in pods.spec.get("volumes", [])}
        claimed = pods.owner["spec"].get("volumeClaimTemplates", [])
        volumes |= {claim["metadata"]["name"]: claim for claim in claimed}
        mounts = [mount for container in pods.containers for mount in container.get("volumeMounts", [])]
        faults += [f"{pods.name}: no volume {mount['name']}" for mount in mounts if mount["name"] not in volumes]
        unused = volumes.keys() - {mount["name"] for mount in mounts}
        faults += [f"{pods.name}: volume {name} is not mounted" for name in sorted(unused)]
        for mount in mounts:
            if "subPath" in mount and "secret" in volumes.get(mount["name"], {}):
                faults.append(f"{pods.name}: {mount['name']} is mounted with subPath")
    return faults


def ports_have_valid_names(manifests: Manifests) -> list[str]:
    """At most 15 characters, and once in a pod."""
    faults = []
    for pods in manifests.pods():
        names = [port["name"] for container in pods.containers for port in container.get("ports", [])]
        faults += [f"{pods.name}: the name of port {name} is too long" for name in names if len(name) > 15]
        if len(set(names)) < len(names):
            faults.append(f"{pods.name}: two ports have one name")
    return faults


def probes_ask_what_they_should(manifests: Manifests) -> list[str]:
    """Each container that stays has a probe of each kind that it needs, on a port that it has."""
    faults = []
    for pods in manifests.pods():
        if pods.owner["kind"] == "CronJob":
            continue
        for container in pods.spec["containers"]:
            for kind in ("readinessProbe", "livenessProbe"):
                if kind not in container:
                    faults.append(f"{pods.name} {container['name']}: no {kind}")
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = container.get(kind, {})
                target = probe.get("grpc") or probe.get("tcpSocket") or {}
                if "port" in target and pods.port(target["port"]) is None:
                    faults.append(f"{pods.name} {container['name']}: {kind} asks a port that is not there")
    return faults + _server_probes(manifests.server())


def _server_probes(server: Pods) -> list[str]:
    [container] = server.spec["containers"]
    faults = []
    services = {"startupProbe": "", "readinessProbe": "", "livenessProbe": LIVENESS}
    for kind, service in services.items():
        grpc = container.get(kind, {}).get("grpc")
        if grpc is None or grpc.get("service", "") != service or grpc["port"] != server.port("health"):
            faults.append(f"server: {kind} does not ask the health port for {service or 'the whole server'!r}")
    startup = container.get("startupProbe", {})
    seconds = startup.get("failureThreshold", 3) * startup.get("periodSeconds", 10)
    if seconds < SLOWEST_LOAD_SECONDS:
        faults.append(f"server: is killed while its models load, after {seconds} seconds")
    return faults


POLICIES = (
    images_are_pinned,
    one_image_serves_and_fetches,
    pods_are_restricted,
    no_pod_talks_to_the_api,
    resources_are_set,
    scratch_space_fits,
    mounts_have_volumes,
    ports_have_valid_names,
    probes_ask_what_they_should,
)
