"""Ways to make one fault in sound manifests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.k8s.manifests import Manifests, Object


@dataclass(frozen=True)
class Fault:
    """A change of sound manifests, and what the policy says to it."""

    policy: Callable[[Manifests], list[str]]
    change: Callable[[Manifests], object]
    message: str
    combination: str = "autoscaled"


def put(where: Callable[[Manifests], Object], key: str, value: Any) -> Callable[[Manifests], object]:
    """A change of one field."""

    def change(manifests: Manifests) -> None:
        where(manifests)[key] = value

    return change


def drop(where: Callable[[Manifests], Object], key: str) -> Callable[[Manifests], object]:
    """A field less."""
    return lambda manifests: where(manifests).pop(key)


def without(kind: str, name: str) -> Callable[[Manifests], object]:
    """An object less."""

    def change(manifests: Manifests) -> None:
        manifests.objects.remove(manifests.one(kind, name))

    return change


def replace(name: str, key: str, old: str, new: str) -> Callable[[Manifests], object]:
    """Another text in a ConfigMap."""

    def change(manifests: Manifests) -> None:
        data = manifests.one("ConfigMap", name)["data"]
        assert old in data[key]
        data[key] = data[key].replace(old, new)

    return change


def server(manifests: Manifests) -> Object:
    return manifests.container()


def spec(manifests: Manifests) -> Object:
    return manifests.server().spec


def deployment(manifests: Manifests) -> Object:
    spec: Object = manifests.server().owner["spec"]
    return spec


def verify(manifests: Manifests) -> Object:
    return manifests.container("verify-models")


def variable(name: str) -> Callable[[Manifests], Object]:
    return lambda manifests: next(item for item in server(manifests)["env"] if item["name"] == name)


def spec_of(kind: str, name: str = "triwire") -> Callable[[Manifests], Object]:
    def find(manifests: Manifests) -> Object:
        spec: Object = manifests.one(kind, name)["spec"]
        return spec

    return find


def store(kind: str, name: str) -> Callable[[Manifests], Object]:
    def find(manifests: Manifests) -> Object:
        container: Object = manifests.one(kind, name)["spec"]["template"]["spec"]["containers"][0]
        return container

    return find


def trigger(manifests: Manifests) -> Object:
    found: Object = spec_of("ScaledObject")(manifests)["triggers"][1]
    return found


def scale_down(manifests: Manifests) -> Object:
    behavior = spec_of("ScaledObject")(manifests)["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    down: Object = behavior["scaleDown"]
    return down


def security(manifests: Manifests) -> Object:
    context: Object = verify(manifests)["securityContext"]
    return context


def limits(manifests: Manifests) -> Object:
    found: Object = server(manifests)["resources"]["limits"]
    return found


def flag(kind: str, name: str, old: str, new: str) -> Callable[[Manifests], object]:
    """Another argument of a store."""

    def change(manifests: Manifests) -> None:
        container = store(kind, name)(manifests)
        assert old in container["args"]
        container["args"] = [new if argument == old else argument for argument in container["args"]]

    return change


def add_hpa(manifests: Manifests) -> None:
    scaler = {"scaleTargetRef": {"name": "triwire"}, "minReplicas": 2, "maxReplicas": 4, "metrics": []}
    manifests.objects.append({"kind": "HorizontalPodAutoscaler", "metadata": {"name": "x"}, "spec": scaler})


def open_policy(manifests: Manifests) -> None:
    spec_of("NetworkPolicy", "triwire-metrics")(manifests)["ingress"][0].pop("from")


def mount_part_of_a_secret(manifests: Manifests) -> None:
    next(mount for mount in server(manifests)["volumeMounts"] if mount["name"] == "tls")["subPath"] = "tls.crt"
