"""Series that are there before anything has happened."""

from prometheus_client import CollectorRegistry

from triwire_server.first_values import METHODS, set_first_values
from triwire_server.telemetry.metrics import Metrics


def first_values() -> CollectorRegistry:
    registry = CollectorRegistry()
    set_first_values(Metrics(registry, "1"))
    return registry


def test_the_first_failure_is_an_increase_from_0() -> None:
    registry = first_values()
    for name, labels in [
        ("triwire_requests_total", {"method": "Translate", "code": "INTERNAL"}),
        ("triwire_requests_total", {"method": "GetGlossary", "code": "UNAVAILABLE"}),
        ("triwire_batch_items_total", {"operation": "process_article", "code": "INTERNAL"}),
        ("triwire_errors_total", {"reason": "INTERNAL"}),
        ("triwire_errors_total", {"reason": "GLOSSARIES_UNAVAILABLE"}),
        ("triwire_errors_total", {"reason": "NO_ARTICLE_TEXT"}),
        ("triwire_admission_refusals_total", {"priority": "INTERACTIVE", "reason": "queue_full"}),
        ("triwire_outputs_total", {"task": "summarization", "severity": "SEVERITY_CRITICAL"}),
        ("triwire_findings_total", {"kind": "KIND_REPETITION", "severity": "SEVERITY_CRITICAL"}),
        ("triwire_extracted_blocks_total", {"kind": "BLOCK_KIND_BOILERPLATE"}),
        ("triwire_invariant_violations_total", {}),
    ]:
        assert registry.get_sample_value(name, labels) == 0, name


def test_methods_are_those_of_the_contract() -> None:
    assert len(METHODS) == 13
    assert {"Translate", "ProcessBatch", "UpdateGlossary"} <= set(METHODS)


def test_an_idle_replica_is_a_few_hundred_series() -> None:
    registry = first_values()
    assert 300 < sum(len(family.samples) for family in registry.collect()) < 700
