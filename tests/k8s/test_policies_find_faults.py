"""Each policy finds the faults that it is there for: sound manifests with one thing changed."""

import pytest

from tests.k8s import config_policies as config
from tests.k8s import network_policies as network
from tests.k8s import pod_policies as pod
from tests.k8s import rollout_policies as rollout
from tests.k8s.changes import (
    Fault,
    add_hpa,
    deployment,
    drop,
    flag,
    limits,
    mount_part_of_a_secret,
    open_policy,
    put,
    replace,
    scale_down,
    security,
    server,
    spec,
    spec_of,
    trigger,
    variable,
    verify,
    without,
)
from tests.k8s.combinations import Rendered
from tests.k8s.test_policies import POLICIES

POD_FAULTS = (
    Fault(pod.images_are_pinned, put(server, "image", "registry:5000/triwire"), "registry:5000/triwire is not pinned"),
    Fault(pod.images_are_pinned, put(verify, "image", "triwire:latest"), "triwire:latest is not pinned"),
    Fault(pod.one_image_serves_and_fetches, put(verify, "image", "triwire:0.0.9"), "triwire:0.0.9 is not triwire:"),
    Fault(pod.pods_are_restricted, put(security, "readOnlyRootFilesystem", False), "readOnlyRootFilesystem is not"),
    Fault(pod.pods_are_restricted, drop(security, "allowPrivilegeEscalation"), "allowPrivilegeEscalation is not False"),
    Fault(pod.pods_are_restricted, put(security, "capabilities", {"drop": []}), "has capabilities"),
    Fault(pod.pods_are_restricted, put(spec, "securityContext", {}), "may run as root"),
    Fault(pod.pods_are_restricted, put(spec, "hostNetwork", True), "hostNetwork"),
    Fault(pod.no_pod_talks_to_the_api, drop(spec, "automountServiceAccountToken"), "mounts a token"),
    Fault(pod.no_pod_talks_to_the_api, put(spec, "serviceAccountName", "default"), "its service account is not ours"),
    Fault(pod.no_pod_talks_to_the_api, drop(spec, "enableServiceLinks"), "gets variables for Services"),
    Fault(pod.resources_are_set, drop(limits, "memory"), "no limit for memory"),
    Fault(pod.resources_are_set, put(limits, pod.GPU, 2), "request and limit differ for nvidia.com/gpu"),
    Fault(pod.scratch_space_fits, put(limits, "ephemeral-storage", "1Gi"), "volumes may hold more than 1Gi"),
    Fault(pod.mounts_have_volumes, lambda m: spec(m)["volumes"].pop(0), "no volume models"),
    Fault(pod.mounts_have_volumes, lambda m: spec(m)["volumes"].append({"name": "x"}), "volume x is not mounted"),
    Fault(pod.mounts_have_volumes, mount_part_of_a_secret, "tls is mounted with subPath"),
    Fault(
        pod.ports_have_valid_names,
        lambda m: server(m)["ports"][0].update(name="grpc-for-articles"),
        "the name of port grpc-for-articles is too long",
    ),
    Fault(pod.ports_have_valid_names, lambda m: server(m)["ports"][0].update(name="health"), "two ports have one name"),
    Fault(pod.probes_ask_what_they_should, drop(server, "readinessProbe"), "no readinessProbe"),
    Fault(
        pod.probes_ask_what_they_should,
        lambda m: server(m)["livenessProbe"]["grpc"].pop("service"),
        "livenessProbe does not ask the health port for 'liveness'",
    ),
    Fault(
        pod.probes_ask_what_they_should,
        lambda m: server(m)["readinessProbe"]["grpc"].update(port=50053),
        "readinessProbe asks a port that is not there",
    ),
    Fault(
        pod.probes_ask_what_they_should,
        lambda m: server(m)["startupProbe"].update(failureThreshold=3),
        "is killed while its models load, after 15 seconds",
    ),
)

NETWORK_FAULTS = (
    Fault(network.selectors_match, lambda m: m.server().labels.clear(), "selects no pod"),
    Fault(
        network.selectors_match,
        put(deployment, "selector", {"matchLabels": {"app": "triwire"}}),
        "Deployment/triwire: does not select its own pods",
    ),
    Fault(network.ports_exist, lambda m: server(m)["ports"].pop(2), "Deployment/triwire has no port"),
    Fault(
        network.balancing_clients_find_ready_replicas,
        put(spec_of("Service", "triwire-headless"), "publishNotReadyAddresses", True),
        "names replicas that do not serve",
    ),
    Fault(
        network.balancing_clients_find_ready_replicas,
        drop(spec_of("Service", "triwire-headless"), "clusterIP"),
        "is not headless",
    ),
    Fault(
        network.certificates_name_the_services,
        lambda m: spec_of("Certificate")(m)["dnsNames"].remove("triwire-headless.triwire.svc"),
        "the certificate lacks triwire-headless.triwire.svc",
        "all",
    ),
    Fault(network.nothing_is_open_by_default, without("NetworkPolicy", "default-deny"), "no policy denies by default"),
    Fault(network.nothing_is_open_by_default, open_policy, "a policy lets everybody in"),
    Fault(network.those_who_must_get_through_do, without("NetworkPolicy", "triwire-metrics"), "Prometheus does not"),
    Fault(network.those_who_must_get_through_do, without("NetworkPolicy", "triwire-redis"), "StatefulSet/triwire-gl"),
    Fault(
        network.those_who_must_get_through_do,
        without("NetworkPolicy", "triwire-models"),
        "CronJob/triwire-pull-models cannot fetch models",
    ),
    Fault(
        network.those_who_must_get_through_do,
        without("NetworkPolicy", "triwire-server"),
        "the kubelet does not reach the health port",
    ),
    Fault(
        network.those_who_must_get_through_do,
        lambda m: spec_of("NetworkPolicy", "triwire-server")(m)["egress"][0]["ports"].pop(0),
        "Deployment/triwire does not reach DNS over UDP",
    ),
    Fault(
        network.those_who_must_get_through_do,
        lambda m: spec_of("NetworkPolicy", "triwire-server")(m)["ingress"].pop(0),
        "callers do not reach the server",
    ),
)

CONFIG_FAULTS = (
    Fault(config.references_exist, without("PersistentVolumeClaim", "triwire-models"), "no PersistentVolumeClaim"),
    Fault(
        config.references_exist,
        lambda m: variable("REDIS_PASSWORD")(m)["valueFrom"]["secretKeyRef"].update(key="passwort"),
        "no key passwort in the Secret triwire-redis",
    ),
    Fault(
        config.references_exist,
        lambda m: variable("REDIS_PASSWORD")(m)["valueFrom"]["secretKeyRef"].update(name="redis"),
        "nobody makes the Secret redis",
    ),
    Fault(
        config.variables_are_defined_before_their_use,
        lambda m: server(m)["env"].reverse(),
        "$(REDIS_PASSWORD) is not defined before",
    ),
    Fault(
        config.settings_are_accepted,
        replace("triwire-config", "settings.toml", "reflection = ", "reflektion = "),
        "there is no setting 'reflektion'; did you mean 'reflection'?",
    ),
    Fault(
        config.settings_are_accepted,
        lambda m: server(m)["env"].append({"name": "TRIWIRE_MAX_BLOKS", "value": "7"}),
        "TRIWIRE_MAX_BLOKS: there is no such setting",
    ),
    Fault(
        config.settings_are_accepted,
        replace("triwire-config", "settings.toml", "port = 50051", "port = 500510"),
        "500510' is not allowed",
    ),
    Fault(
        config.profiles_can_be_served,
        replace("triwire-config", "profile.toml", 'architecture = "t5"', 'architecture = "t6"'),
        "architecture",
    ),
    Fault(
        config.profiles_can_be_served,
        lambda m: server(m)["env"].append({"name": "TRIWIRE_PROFILE", "value": "extractive"}),
        "containers have different profiles",
    ),
    Fault(
        config.files_are_mounted,
        replace("triwire-environment", "TRIWIRE_CACHE_DIR", "/var/cache/triwire", "/models"),
        "/models/ lies in no volume",
    ),
    Fault(
        config.files_are_mounted,
        lambda m: [mount.update(readOnly=True) for mount in m.container("pull-models")["volumeMounts"]],
        "pull-models: cannot write to /var/cache/triwire",
        "cpu",
    ),
    Fault(
        config.server_listens_where_it_is_asked,
        replace("triwire-config", "settings.toml", "port = 50051", "port = 50055"),
        "port is not the port grpc",
    ),
    Fault(
        config.server_listens_where_it_is_asked,
        replace("triwire-environment", "TRIWIRE_METRICS_HOST", "0.0.0.0", "127.0.0.1"),  # noqa: S104 - text of a manifest
        "metrics_host takes no calls",
    ),
    Fault(
        config.replicas_share_glossaries,
        put(variable("TRIWIRE_GLOSSARIES"), "value", "sqlite:////tmp/glossaries.sqlite3"),
        "replicas keep glossaries in sqlite:////tmp/glossaries.sqlite3",
    ),
    Fault(
        config.stores_keep_what_they_must,
        flag("StatefulSet", "triwire-glossaries", "noeviction", "allkeys-lru"),
        "StatefulSet/triwire-glossaries: does not keep",
    ),
    Fault(
        config.stores_keep_what_they_must,
        flag("Deployment", "triwire-cache", "1536mb", "2048mb"),
        "is killed before it is full",
    ),
    Fault(
        config.stores_keep_what_they_must,
        drop(spec_of("StatefulSet", "triwire-glossaries"), "volumeClaimTemplates"),
        "forgets with its pod",
    ),
    Fault(config.stores_keep_what_they_must, without("Service", "triwire-cache"), "no Service has this address"),
    Fault(config.threads_fit_processors, put(limits, "cpu", "2"), "4 threads for 2 processors", "cpu"),
)

ROLLOUT_FAULTS = (
    Fault(rollout.drains_end_before_the_kill, put(spec, "terminationGracePeriodSeconds", 30), "killed after 30 s"),
    Fault(rollout.drains_end_before_the_kill, drop(server, "lifecycle"), "no preStop"),
    Fault(
        rollout.drains_end_before_the_kill,
        replace("triwire-config", "settings.toml", "shutdown_grace_seconds = 180", "shutdown_grace_seconds = 60"),
        "accepted work may wait longer than a drain",
    ),
    Fault(
        rollout.rollouts_keep_serving,
        lambda m: deployment(m)["strategy"]["rollingUpdate"].update(maxUnavailable=2),
        "a rollout leaves no replica",
    ),
    Fault(
        rollout.rollouts_keep_serving,
        lambda m: deployment(m)["strategy"]["rollingUpdate"].update(maxUnavailable=0),
        "a rollout never starts",
    ),
    Fault(rollout.rollouts_keep_serving, put(deployment, "progressDeadlineSeconds", 300), "called failed"),
    Fault(
        rollout.budgets_leave_something_evictable,
        put(spec_of("PodDisruptionBudget"), "minAvailable", "100%"),
        "stops nodes from being emptied",
    ),
    Fault(
        rollout.gpus_are_asked_for_where_they_are_used,
        drop(limits, pod.GPU),
        "device cuda and GPUs asked for do not agree",
    ),
    Fault(rollout.gpus_are_asked_for_where_they_are_used, drop(spec, "tolerations"), "nodes with GPUs keep"),
    Fault(
        rollout.gpus_are_asked_for_where_they_are_used,
        lambda m: verify(m)["resources"]["limits"].update({pod.GPU: 1}),
        "verify-models: takes a GPU",
    ),
    Fault(rollout.one_scaler_decides, add_hpa, "two scalers have one target"),
    Fault(rollout.one_scaler_decides, put(deployment, "replicas", 2), "the Deployment fixes the replicas"),
    Fault(rollout.one_scaler_decides, put(spec_of("ScaledObject"), "minReplicaCount", 0), "fewer than two replicas"),
    Fault(rollout.scaling_down_waits_for_drains, put(scale_down, "policies", [{"type": "Percent"}]), "another drains"),
    Fault(rollout.scaling_down_waits_for_drains, put(scale_down, "stabilizationWindowSeconds", 0), "sooner than"),
    Fault(
        rollout.queries_ask_for_what_is_exported,
        lambda m: trigger(m)["metadata"].update(query="sum(triwire_queue_token)"),
        "the service has no metric triwire_queue_token",
    ),
    Fault(
        rollout.queries_ask_for_what_is_exported,
        lambda m: spec_of("HorizontalPodAutoscaler")(m)["metrics"][0]["pods"]["metric"].update(name="triwire_queue"),
        "HorizontalPodAutoscaler: the service has no metric triwire_queue",
        "hpa",
    ),
    Fault(
        rollout.queries_ask_for_what_is_exported,
        lambda m: trigger(m)["metadata"].update(query='sum(triwire_queue_sequences{priority!="bulk"})'),
        "there is no priority bulk",
    ),
    Fault(
        rollout.scaling_starts_before_callers_are_refused,
        lambda m: trigger(m)["metadata"].update(threshold="200000"),
        "scales at 200000 tokens, calls are refused at 200000",
    ),
    Fault(rollout.scaling_outlives_prometheus, put(trigger, "metricType", "Value"), "KEDA has no fallback for Value"),
    Fault(
        rollout.scaling_outlives_prometheus,
        lambda m: trigger(m)["metadata"].pop("ignoreNullValues"),
        "no answer counts as an empty queue",
    ),
)

FAULTS = (*POD_FAULTS, *NETWORK_FAULTS, *CONFIG_FAULTS, *ROLLOUT_FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.policy.__name__}-{fault.message[:40]}")
def test_policy_finds_the_fault(fault: Fault, rendered: Rendered) -> None:
    manifests = rendered[fault.combination].copy()
    fault.change(manifests)
    assert fault.message in "\n".join(fault.policy(manifests))


def test_every_policy_has_a_fault_that_it_finds() -> None:
    assert {fault.policy for fault in FAULTS} == set(POLICIES)
