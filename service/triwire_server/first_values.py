"""Gives every series whose labels are known its first value.

A series that appears with its first event is at 1 from the start, and `rate` and `increase` never see that event: the
first bug after a restart would raise no alert.
"""

from triwire.v1 import article_pb2, article_service_pb2, glossary_service_pb2
from triwire_server.api.status import REASONS
from triwire_server.segment import Priority, Task
from triwire_server.telemetry.metrics import Metrics

METHODS = tuple(
    str(method.name)
    for module, service in ((article_service_pb2, "ArticleService"), (glossary_service_pb2, "GlossaryService"))
    for method in module.DESCRIPTOR.services_by_name[service].methods
)
"""Every method of the contract."""

REFUSALS = ("queue_full", "quota", "deadline")
"""What may be missing at the door: room for the priority, room for the caller, time."""

_SERVER_CODES = ("OK", "INTERNAL", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED")
"""Codes that alerts count; all others appear when they occur."""

_SEVERITIES = ("SEVERITY_INFO", "SEVERITY_WARNING", "SEVERITY_CRITICAL")


def set_first_values(metrics: Metrics) -> None:
    """Let every series with known labels begin at 0."""
    for method in METHODS:
        metrics.requests_in_flight.labels(method)
        for code in _SERVER_CODES:
            metrics.requests.labels(method, code)
    operations = [field.name for field in article_service_pb2.ProcessBatchRequest.DESCRIPTOR.oneofs[0].fields]
    for operation in operations:
        for code in _SERVER_CODES:
            metrics.batch_items.labels(operation, code)
    for reason in REASONS:
        metrics.errors.labels(reason)
    _of_queue(metrics)
    _of_text(metrics)


def _of_queue(metrics: Metrics) -> None:
    for priority in Priority:
        metrics.queue_sequences.labels(priority.name)
        metrics.queue_oldest_age_seconds.labels(priority.name)
        metrics.queue_duration_seconds.labels(priority.name)
        metrics.retry_delay_seconds.labels(priority.name)
        for reason in REFUSALS:
            metrics.admission_refusals.labels(priority.name, reason)


def _of_text(metrics: Metrics) -> None:
    kinds = article_service_pb2.Finding.Kind.keys()
    for kind in kinds[1:]:
        for severity in _SEVERITIES:
            metrics.findings.labels(kind, severity)
    for task in Task:
        for severity in ("NONE", *_SEVERITIES):
            metrics.outputs.labels(task.value, severity)
        for outcome in ("better", "no_better"):
            metrics.repairs.labels(task.value, outcome)
    for field in article_pb2.Content.DESCRIPTOR.oneofs_by_name["kind"].fields:
        metrics.extractions.labels(field.name)
    for kind in article_pb2.BlockKind.keys()[1:]:
        metrics.extracted_blocks.labels(kind)
