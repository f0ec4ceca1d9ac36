"""Makes the PrometheusRule of Kubernetes from the plain file of rules: `python -m monitoring.prometheus_rule`."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = ROOT / "monitoring" / "alerts.yml"
TARGET = ROOT / "k8s" / "components" / "monitoring" / "prometheus-rule.yaml"

_HEAD = """# Made from monitoring/alerts.yml by `python -m monitoring.prometheus_rule`; change it there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: triwire
  labels:
    app.kubernetes.io/name: triwire
    app.kubernetes.io/component: monitoring
spec:
"""


def prometheus_rule(rules: str) -> str:
    """The manifest with the text of a rule file, whose groups are its spec."""
    groups = rules[rules.index("groups:") :]
    return _HEAD + "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(prometheus_rule(RULES.read_text(encoding="utf-8")), encoding="utf-8")
