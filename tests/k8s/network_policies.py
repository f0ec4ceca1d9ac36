"""What has to hold for names, Services and who may talk to whom. Each policy returns what is wrong."""

from collections.abc import Iterator

from tests.k8s.manifests import Manifests, Object, Pods, matches

CALLER = {"triwire-client": "true"}
"""Labels of a pod or namespace that may call."""

DNS = {"k8s-app": "kube-dns"}
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}


def selectors_match(manifests: Manifests) -> list[str]:
    """What makes pods selects those it makes; whatever else selects pods finds some."""
    pods = list(manifests.pods())
    faults = [
        f"{one.name}: does not select its own pods"
        for one in pods
        if "selector" in one.owner["spec"] and not matches(one.owner["spec"]["selector"], one.labels)
    ]
    for item in manifests.of("Service", "PodDisruptionBudget", "PodMonitor", "NetworkPolicy"):
        if not any(matches(selector_of(item), one.labels) for one in pods):
            faults.append(f"{item['kind']}/{item['metadata']['name']}: selects no pod")
    for one in pods:
        for spread in one.spec.get("topologySpreadConstraints", []):
            if not matches(spread["labelSelector"], one.labels):
                faults.append(f"{one.name}: is spread by other pods than its own")
    return faults


def selector_of(item: Object) -> Object:
    """The selector of pods of a Service, PodDisruptionBudget, PodMonitor or NetworkPolicy."""
    if item["kind"] == "Service":
        return {"matchLabels": item["spec"]["selector"]}
    selector: Object = item["spec"]["podSelector" if item["kind"] == "NetworkPolicy" else "selector"]
    return selector


def selected(manifests: Manifests, item: Object) -> list[Pods]:
    """The pods that an object selects."""
    return [pods for pods in manifests.pods() if matches(selector_of(item), pods.labels)]


def ports_exist(manifests: Manifests) -> list[str]:
    """Ports that Services, PodMonitors and NetworkPolicies name are ports of the pods that they select."""
    faults = []
    for item, port in _named_ports(manifests):
        for pods in selected(manifests, item):
            if pods.port(port) is None:
                faults.append(f"{item['kind']}/{item['metadata']['name']}: {pods.name} has no port {port}")
    return faults


def _named_ports(manifests: Manifests) -> Iterator[tuple[Object, str | int]]:
    for item in manifests.of("Service"):
        for port in item["spec"]["ports"]:
            yield item, port["targetPort"]
    for item in manifests.of("PodMonitor"):
        for endpoint in item["spec"]["podMetricsEndpoints"]:
            yield item, endpoint["port"]
    for item in manifests.of("NetworkPolicy"):
        for rule in item["spec"].get("ingress", []):
            for port in rule.get("ports", []):
                yield item, port["port"]


def balancing_clients_find_ready_replicas(manifests: Manifests) -> list[str]:
    """The headless Service has an address for every ready replica, and for no other."""
    spec = manifests.one("Service", "triwire-headless")["spec"]
    faults = []
    if spec.get("clusterIP") != "None":
        faults.append("triwire-headless: is not headless")
    if spec.get("publishNotReadyAddresses"):
        faults.append("triwire-headless: names replicas that do not serve")
    return faults


def certificates_name_the_services(manifests: Manifests) -> list[str]:
    """Every name under which a caller may come."""
    faults = []
    for certificate in manifests.of("Certificate"):
        names = set(certificate["spec"]["dnsNames"])
        for item in manifests.of("Service"):
            name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
            forms = (name, f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local")
            if "grpc" in [port["name"] for port in item["spec"]["ports"]]:
                faults += [f"the certificate lacks {form}" for form in forms if form not in names]
    return faults


def nothing_is_open_by_default(manifests: Manifests) -> list[str]:
    """A policy denies every pod everything, and no other opens gRPC or metrics to all."""
    faults = []
    policies = [item["spec"] for item in manifests.of("NetworkPolicy")]
    closing = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if closing not in policies:
        faults.append("no policy denies by default")
    server = manifests.server()
    for policy in policies:
        for rule in policy.get("ingress", []):
            ports = {server.port(port["port"]) for port in rule.get("ports", [])}
            if "from" not in rule and ports != {server.port("health")}:
                faults.append("a policy lets everybody in")
        for rule in policy.get("egress", []):
            if "to" not in rule or "ports" not in rule:
                faults.append("a policy lets pods out to everywhere")
    return faults


def those_who_must_get_through_do(manifests: Manifests) -> list[str]:
    """Callers, the kubelet, DNS, Prometheus where it is told to scrape, the stores, and where models come from."""
    faults = []
    server = manifests.server()
    if not _lets_in(manifests, server, "grpc", CALLER):
        faults.append("callers do not reach the server")
    if not _lets_in(manifests, server, "health", None):
        faults.append("the kubelet does not reach the health port")
    if manifests.of("PodMonitor") and not _lets_in(manifests, server, "metrics", PROMETHEUS):
        faults.append("Prometheus does not reach the metrics")
    fetching = [pods for pods in manifests.pods() if any("pull" in item.get("args", []) for item in pods.containers)]
    for pods in {id(one.owner): one for one in [server, *fetching]}.values():
        for protocol in ("UDP", "TCP"):
            if not _lets_out(manifests, pods, DNS, 53, protocol):
                faults.append(f"{pods.name} does not reach DNS over {protocol}")
    for pods in fetching:
        if not any("0.0.0.0/0" in str(rule.get("to")) for rule in _rules(manifests, pods, "egress", 443)):
            faults.append(f"{pods.name} cannot fetch models")
    for pods in manifests.pods():
        if pods.port("redis") and not (
            _lets_in(manifests, pods, "redis", server.labels) and _lets_out(manifests, server, pods.labels, 6379, "TCP")
        ):
            faults.append(f"the server does not reach {pods.name}")
    return faults


def _rules(manifests: Manifests, pods: Pods, direction: str, *ports: str | int) -> Iterator[Object]:
    for item in manifests.of("NetworkPolicy"):
        if matches(item["spec"]["podSelector"], pods.labels):
            for rule in item["spec"].get(direction, []):
                if any(port["port"] in ports for port in rule.get("ports", [])):
                    yield rule


def _lets_in(manifests: Manifests, pods: Pods, port: str, peer: dict[str, str] | None) -> bool:
    """Whether a pod with these labels reaches a port; None: whether everybody does."""
    for rule in _rules(manifests, pods, "ingress", port):
        if "from" not in rule:
            return True
        if peer is not None and any(
            matches(source.get("podSelector") or source["namespaceSelector"], peer) for source in rule["from"]
        ):
            return True
    return False


def _lets_out(manifests: Manifests, pods: Pods, peer: dict[str, str], port: int, protocol: str) -> bool:
    return any(
        {"port": port, "protocol": protocol} in rule["ports"]
        and any("podSelector" in target and matches(target["podSelector"], peer) for target in rule["to"])
        for rule in _rules(manifests, pods, "egress", port)
    )


POLICIES = (
    selectors_match,
    ports_exist,
    balancing_clients_find_ready_replicas,
    certificates_name_the_services,
    nothing_is_open_by_default,
    those_who_must_get_through_do,
)
