"""Rules, alerts and dashboard as Prometheus itself reads them, without a server."""

import asyncio
import json
import re
import urllib.request
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from monitoring import dashboard, prometheus_rule
from tests.monitoring.prometheus_server import needs_promtool, promtool
from tests.monitoring.rules import (
    DASHBOARD,
    RULE_TESTS,
    RULES,
    alerts,
    expressions,
    panels,
    records,
    without_thresholds,
)
from tests.server import running_server
from triwire_server.telemetry.metrics import Metrics


@needs_promtool
def test_the_rules_are_read() -> None:
    assert f"SUCCESS: {len(alerts()) + len(records())} rules found" in promtool("check", "rules", str(RULES))


@needs_promtool
def test_alerts_fire_when_they_should_and_else_not() -> None:
    assert "SUCCESS" in promtool("test", "rules", str(RULE_TESTS))


def test_each_alert_is_tested_both_ways() -> None:
    tested: dict[str, set[bool]] = {}
    for case in yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]:
        for check in case.get("promql_expr_test", []):
            [name] = re.findall(r'ALERTS\{alertname="(\w+)"', check["expr"])
            tested.setdefault(name, set()).add(bool(check["exp_samples"]))
    assert tested == {name: {True, False} for name in alerts()}


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_who_is_told_what_it_is_and_where_to_read_on(name: str) -> None:
    alert = alerts()[name]
    assert re.fullmatch(r"Triwire([A-Z][a-z]+)+", name)
    assert alert["labels"] in ({"severity": "page"}, {"severity": "ticket"})
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"].endswith(".")
    assert alert["annotations"]["runbook"] == f"docs/alerts.md#{name.lower()}"


def test_names_of_measures_say_their_level_and_are_all_used() -> None:
    everything = "\n".join(expressions())
    for name in records():
        assert re.fullmatch(r"(job|instance):triwire_\w+:(rate\w+|ratio\w*|p\d+_\w+|sum|changes\w+)", name)
        assert name in everything


def test_every_metric_that_is_asked_for_exists() -> None:
    registry = CollectorRegistry()
    Metrics(registry, "1")
    known = set()
    for family in registry.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        known |= {family.name + ending for ending in endings}
    asked = {name for text in expressions() for name in re.findall(r"(?<![\w:])triwire_\w+", text)}
    assert asked <= known


def test_the_manifest_of_kubernetes_holds_the_rules() -> None:
    text = prometheus_rule.TARGET.read_text(encoding="utf-8")
    assert text == prometheus_rule.prometheus_rule(RULES.read_text(encoding="utf-8")), "run `make monitoring`"
    manifest = yaml.safe_load(text)
    assert manifest["kind"] == "PrometheusRule"
    assert manifest["spec"] == yaml.safe_load(RULES.read_text(encoding="utf-8"))


def test_the_dashboard_is_what_the_script_makes() -> None:
    assert DASHBOARD.read_text(encoding="utf-8") == dashboard.build(), "run `make monitoring`"


def test_each_panel_has_a_unit_a_meaning_and_queries_with_legends_of_their_own() -> None:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert [variable["name"] for variable in board["templating"]["list"]] == [
        "datasource",
        "namespace",
        "job",
        "instance",
    ]
    shown = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["title"] for panel in shown}) == len(shown) == len(list(panels()))
    for panel in shown:
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        references = [target["refId"] for target in panel["targets"]]
        assert references == list("ABCD"[: len(references)])


@needs_promtool
def test_the_queries_of_the_dashboard_are_read(tmp_path: Path) -> None:
    queries = [query for _, queries in panels() for query in queries]
    listed = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": listed}]}), encoding="utf-8")
    assert f"SUCCESS: {len(queries)} rules found" in promtool("check", "rules", str(file))


@needs_promtool
async def test_names_and_units_of_the_endpoint_follow_the_conventions() -> None:
    async with running_server("extractive") as app:
        url = f"http://127.0.0.1:{app.metrics_port}/metrics"
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read().decode())
    assert "triwire_requests_total" in text
    assert await asyncio.to_thread(promtool, "check", "metrics", given=text) == ""


@pytest.mark.parametrize(
    ("alert", "measured"),
    [
        ("a == 0\nor absent(a)", "a\nor absent(a)"),
        ("a > 14.4 * 0.005 and b >= 2", "a and b"),
        ("a > 2 * b and c < 1209600", "a * b and c"),
        ('a{le="1"} > 0.05', 'a{le="1"}'),
    ],
)
def test_an_alert_without_its_thresholds_is_what_it_measures(alert: str, measured: str) -> None:
    assert without_thresholds(alert) == measured
