"""The rules, the dashboard and the documents about them, as the tests read them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.docs.markdown import texts

ROOT = Path(__file__).parents[2]
RULES = ROOT / "monitoring" / "alerts.yml"
RULE_TESTS = ROOT / "monitoring" / "alerts_test.yml"
DASHBOARD = ROOT / "monitoring" / "dashboard.json"

_THRESHOLD = re.compile(r"\s(==|>=|<=|>|<)\s+[\d.]+(\s\*\s[\d.]+(?!\w))?")


def rules() -> list[dict[str, Any]]:
    """Every rule, in order."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """The alerts by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def records() -> dict[str, str]:
    """The recorded expressions by name."""
    return {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}


def documented() -> list[str]:
    """The queries of docs/metrics.md."""
    return texts("docs/metrics.md", "promql")


def without_thresholds(expression: str) -> str:
    """What an alert measures: its expression, true whatever the values are."""
    return _THRESHOLD.sub("", expression)


def panels() -> Iterator[tuple[str, list[str]]]:
    """Title and queries of each panel of the dashboard, its variables filled in as "all"."""
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        if panel["type"] != "row":
            yield panel["title"], [fill_in(target["expr"]) for target in panel["targets"]]


def fill_in(expression: str) -> str:
    """A query as Grafana sends it when everything is selected."""
    filled = expression.replace("$__rate_interval", "1m")
    return re.sub(r"\$(namespace|job|instance)\b", ".*", filled)


def expressions() -> list[str]:
    """Every expression of rules and dashboard."""
    return [rule["expr"] for rule in rules()] + [query for _, queries in panels() for query in queries]
