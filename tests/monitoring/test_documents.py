"""docs/metrics.md and docs/alerts.md say what there is, all of it, and nothing else."""

import re
from pathlib import Path

import yaml
from prometheus_client import CollectorRegistry

from tests.monitoring.prometheus_server import needs_promtool, promtool
from tests.monitoring.rules import ROOT, alerts, documented
from triwire_server.telemetry.metrics import Metrics

METRICS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
ALERTS = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_each_metric_has_its_line_with_type_and_labels() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry, "1")
    labels = {metric._name: ", ".join(metric._labelnames) for metric in vars(metrics).values()}
    labels["triwire_build_info"] = "version"
    there = {
        (family.name + ("_total" if family.type == "counter" else ""), family.type, labels[family.name])
        for family in registry.collect()
    }
    told = re.findall(r"^\| (triwire_\w+) \| (\w+) \| ([\w, ]*?) ?\|", METRICS, re.M)
    assert len(told) == len(set(told))
    assert set(told) == there


def test_the_unit_of_a_metric_is_that_of_its_name() -> None:
    for name, unit in re.findall(r"^\| (triwire_\w+) \| \w+ \| [\w, ]*?\| ([\w ]*?) ?\|", METRICS, re.M):
        for base in ("seconds", "bytes", "tokens"):
            assert (base in name) == (unit == base), name


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    sections = dict(re.findall(r"^## (\w+)\n(\w+)\.", ALERTS, re.M))
    assert sections == {name: alert["labels"]["severity"] for name, alert in alerts().items()}


def test_links_between_the_sections_lead_somewhere() -> None:
    anchors = {name.lower() for name in alerts()}
    links = set(re.findall(r"\]\(#([\w-]+)\)", ALERTS))
    assert links
    assert links <= anchors


@needs_promtool
def test_the_queries_of_the_document_are_read(tmp_path: Path) -> None:
    queries = documented()
    assert len(queries) == 8
    listed = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "docs", "rules": listed}]}), encoding="utf-8")
    assert f"SUCCESS: {len(queries)} rules found" in promtool("check", "rules", str(file))
