"""Every rendered combination keeps every policy."""

from collections.abc import Callable

import pytest

from tests.k8s import config_policies, network_policies, pod_policies, rollout_policies
from tests.k8s.combinations import COMBINATIONS, Rendered
from tests.k8s.manifests import Manifests

POLICIES: tuple[Callable[[Manifests], list[str]], ...] = (
    *pod_policies.POLICIES,
    *network_policies.POLICIES,
    *config_policies.POLICIES,
    *rollout_policies.POLICIES,
)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
@pytest.mark.parametrize("combination", COMBINATIONS)
def test_policy_holds(combination: str, policy: Callable[[Manifests], list[str]], rendered: Rendered) -> None:
    assert policy(rendered[combination]) == []
