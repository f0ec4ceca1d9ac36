"""What has to hold while replicas come and go. Each policy returns what is wrong."""

import re
from collections.abc import Iterator

from prometheus_client import CollectorRegistry

from tests.k8s.effective import settings_of
from tests.k8s.manifests import Manifests, Object, quantity
from tests.k8s.pod_policies import GPU
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics

MARGIN_SECONDS = 10
"""For closing the engine, the stores and the exporter of traces after the last call."""


def drains_end_before_the_kill(manifests: Manifests) -> list[str]:
    """Neither the kubelet nor the server itself cuts off what was accepted."""
    container = manifests.container()
    settings = settings_of(manifests, container)
    pre_stop = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    drain = pre_stop + settings.shutdown_wait_seconds + settings.shutdown_grace_seconds
    grace = manifests.server().spec.get("terminationGracePeriodSeconds", 30)
    faults = []
    if not pre_stop:
        faults.append("no preStop: calls come while Services still name the pod")
    if grace < drain + MARGIN_SECONDS:
        faults.append(f"killed after {grace} seconds, while a drain takes up to {drain:g} and {MARGIN_SECONDS} more")
    if settings.shutdown_grace_seconds <= settings.max_queue_seconds:
        faults.append("accepted work may wait longer than a drain")
    return faults


def rollouts_keep_serving(manifests: Manifests) -> list[str]:
    """Something moves, and something is always there: a replica more first, or one of several less."""
    spec = manifests.server().owner["spec"]
    rolling = spec["strategy"]["rollingUpdate"]
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    faults = []
    if spec["strategy"]["type"] != "RollingUpdate" or unavailable + surge < 1:
        faults.append("a rollout never starts")
    if unavailable >= min_replicas(manifests):
        faults.append("a rollout leaves no replica")
    if spec.get("minReadySeconds", 0) < 1:
        faults.append("a replica counts before it has been ready for a while")
    startup = manifests.container().get("startupProbe", {})
    if spec.get("progressDeadlineSeconds", 600) <= startup.get("failureThreshold", 3) * startup.get(
        "periodSeconds", 10
    ):
        faults.append("a rollout is called failed while models load")
    return faults


def min_replicas(manifests: Manifests) -> int:
    """The fewest replicas that a deployment may come to have."""
    for scaler in scalers(manifests):
        return int(scaler["spec"].get("minReplicaCount", scaler["spec"].get("minReplicas", 0)))
    return int(manifests.server().owner["spec"].get("replicas", 1))


def budgets_leave_something_evictable(manifests: Manifests) -> list[str]:
    """Nodes can be emptied, one replica at a time."""
    spec = manifests.one("PodDisruptionBudget")["spec"]
    if "minAvailable" in spec:
        return ["a budget by minAvailable stops nodes from being emptied once replicas are few"]
    return [] if spec.get("maxUnavailable") == 1 else ["the budget takes no replica, or several at once"]


def gpus_are_asked_for_where_they_are_used(manifests: Manifests) -> list[str]:
    """A server on a GPU has one and goes where they are; no other container takes one."""
    server, container = manifests.server(), manifests.container()
    settings = settings_of(manifests, container)
    needs_gpu = settings.device.startswith("cuda")
    faults = []
    if needs_gpu != bool(container["resources"]["limits"].get(GPU)):
        faults.append(f"device {settings.device} and GPUs asked for do not agree")
    if needs_gpu and not any(taint.get("key") == GPU for taint in server.spec.get("tolerations", [])):
        faults.append("nodes with GPUs keep the server away")
    if needs_gpu and not server.spec.get("nodeSelector"):
        faults.append("the server does not look for nodes with GPUs")
    for pods in manifests.pods():
        for other in pods.containers:
            if other is not container and GPU in str(other["resources"]):
                faults.append(f"{pods.name} {other['name']}: takes a GPU that it does not use")
    return faults


def scalers(manifests: Manifests) -> list[Object]:
    """Whatever sets the number of replicas of the server."""
    found = manifests.of("ScaledObject", "HorizontalPodAutoscaler")
    return [item for item in found if item["spec"]["scaleTargetRef"]["name"] == "triwire"]


def one_scaler_decides(manifests: Manifests) -> list[str]:
    """KEDA makes a HorizontalPodAutoscaler of its own; and a fixed number would be put back with every apply."""
    found = scalers(manifests)
    faults = []
    if len(found) > 1:
        faults.append("two scalers have one target")
    if found and "replicas" in manifests.server().owner["spec"]:
        faults.append("the Deployment fixes the replicas that a scaler decides")
    for scaler in found:
        largest = scaler["spec"].get("maxReplicaCount", scaler["spec"].get("maxReplicas", 0))
        if not 2 <= min_replicas(manifests) < largest:
            faults.append("a scaler keeps fewer than two replicas, or has no room")
    return faults


def scaling_down_waits_for_drains(manifests: Manifests) -> list[str]:
    """One replica at a time, and the next when that one is gone."""
    grace = manifests.server().spec["terminationGracePeriodSeconds"]
    faults = []
    for scaler in scalers(manifests):
        advanced = scaler["spec"].get("advanced", {}).get("horizontalPodAutoscalerConfig", scaler["spec"])
        down = advanced.get("behavior", {}).get("scaleDown", {})
        if down.get("stabilizationWindowSeconds", 0) < grace:
            faults.append("scaling down is decided sooner than a drain ends")
        for policy in down.get("policies", [{}]):
            if policy.get("type") != "Pods" or policy.get("value") != 1 or policy.get("periodSeconds", 0) < grace:
                faults.append("a replica is taken away while another drains")
    return faults


def queries_ask_for_what_is_exported(manifests: Manifests) -> list[str]:
    """Every metric exists under its name, and every priority. Names with colons are those of recording rules."""
    exported = _exported()
    faults = []
    for where, text in _queries(manifests):
        for name in sorted(set(re.findall(r"(?<![\w:])triwire_\w+(?![\w:])", text)) - exported):
            faults.append(f"{where}: the service has no metric {name}")
        for value in re.findall(r'priority\s*!?=~?\s*"(\w+)"', text):
            if value not in Priority.__members__:
                faults.append(f"{where}: there is no priority {value}")
    return faults


def _exported() -> set[str]:
    registry = CollectorRegistry()
    Metrics(registry)
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    return {family.name + suffix for family in registry.collect() for suffix in suffixes.get(family.type, [""])}


def _queries(manifests: Manifests) -> Iterator[tuple[str, str]]:
    for item in manifests.of("ScaledObject"):
        for trigger in item["spec"]["triggers"]:
            yield "ScaledObject", trigger["metadata"]["query"]
    for item in manifests.of("HorizontalPodAutoscaler"):
        for metric in item["spec"]["metrics"]:
            yield "HorizontalPodAutoscaler", metric["pods"]["metric"]["name"]
    for item in manifests.of("PrometheusRule"):
        for group in item["spec"]["groups"]:
            for rule in group["rules"]:
                yield f"PrometheusRule {rule.get('alert', rule.get('record'))}", rule["expr"]


def scaling_starts_before_callers_are_refused(manifests: Manifests) -> list[str]:
    """The work for each replica that makes another one is less than a replica takes in."""
    limit = settings_of(manifests, manifests.container()).max_queue_tokens
    faults = []
    for where, threshold in _token_thresholds(manifests):
        if threshold > limit / 2:
            faults.append(f"{where}: scales at {threshold:g} tokens, calls are refused at {limit}")
    return faults


def _token_thresholds(manifests: Manifests) -> Iterator[tuple[str, float]]:
    for item in manifests.of("ScaledObject"):
        for trigger in item["spec"]["triggers"]:
            if "queue_tokens" in trigger["metadata"]["query"]:
                yield "ScaledObject", float(trigger["metadata"]["threshold"])
    for item in manifests.of("HorizontalPodAutoscaler"):
        for metric in item["spec"]["metrics"]:
            yield "HorizontalPodAutoscaler", quantity(metric["pods"]["target"]["averageValue"])


def scaling_outlives_prometheus(manifests: Manifests) -> list[str]:
    """KEDA falls back for averages alone, and takes an empty answer for zero unless it is told otherwise."""
    faults = []
    for item in manifests.of("ScaledObject"):
        if item["spec"].get("fallback", {}).get("replicas", 0) < item["spec"]["minReplicaCount"]:
            faults.append("no fallback, or one below the least replicas")
        for trigger in item["spec"]["triggers"]:
            if trigger.get("metricType", "AverageValue") != "AverageValue":
                faults.append(f"{trigger['name']}: KEDA has no fallback for {trigger['metricType']}")
            if trigger["metadata"].get("ignoreNullValues") != "false":
                faults.append(f"{trigger['name']}: no answer counts as an empty queue")
    return faults


POLICIES = (
    drains_end_before_the_kill,
    rollouts_keep_serving,
    budgets_leave_something_evictable,
    gpus_are_asked_for_where_they_are_used,
    one_scaler_decides,
    scaling_down_waits_for_drains,
    queries_ask_for_what_is_exported,
    scaling_starts_before_callers_are_refused,
    scaling_outlives_prometheus,
)
