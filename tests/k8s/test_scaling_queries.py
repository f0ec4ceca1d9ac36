"""What Prometheus answers to the queries of the ScaledObject, from series as servers export them."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.k8s.combinations import Rendered

SERIES = {
    # Three replicas. Editors wait between 2.5 and 5 seconds; BULK waits a minute, and is not asked about.
    'triwire_build_info{namespace="triwire",pod="%d"}': "1x20",
    'triwire_queue_duration_seconds_bucket{namespace="triwire",pod="%d",priority="INTERACTIVE",le="2.5"}': "0x20",
    'triwire_queue_duration_seconds_bucket{namespace="triwire",pod="%d",priority="INTERACTIVE",le="5"}': "0+60x20",
    'triwire_queue_duration_seconds_bucket{namespace="triwire",pod="%d",priority="INTERACTIVE",le="+Inf"}': "0+60x20",
    'triwire_queue_duration_seconds_bucket{namespace="triwire",pod="%d",priority="BULK",le="2.5"}': "0x20",
    'triwire_queue_duration_seconds_bucket{namespace="triwire",pod="%d",priority="BULK",le="5"}': "0x20",
    'triwire_queue_duration_seconds_bucket{namespace="triwire",pod="%d",priority="BULK",le="+Inf"}': "0+600x20",
    'triwire_queue_tokens{namespace="triwire",pod="%d"}': "150000x20",
}


def answers(rendered: Rendered, folder: Path, series: dict[str, str], wanted: Mapping[str, float | None]) -> str:
    """What promtool says when the queries are expected to give these values; None is no answer."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on the path")
    triggers = rendered["autoscaled"].one("ScaledObject")["spec"]["triggers"]
    queries = {trigger["name"]: trigger["metadata"]["query"] for trigger in triggers}
    assert queries.keys() == wanted.keys()
    tests = [
        {
            "expr": query,
            "eval_time": "10m",
            "exp_samples": [] if wanted[name] is None else [{"labels": "{}", "value": wanted[name]}],
        }
        for name, query in queries.items()
    ]
    inputs = [{"series": name % pod, "values": values} for name, values in series.items() for pod in range(3)]
    (folder / "rules.yml").write_text("groups: []\n", encoding="utf-8")
    case = {"interval": "1m", "input_series": inputs, "promql_expr_test": tests}
    text = yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [case]})
    (folder / "test.yml").write_text(text, encoding="utf-8")
    done = subprocess.run([promtool, "test", "rules", str(folder / "test.yml")], capture_output=True, text=True)
    assert (done.returncode == 0) == ("FAILED" not in done.stdout + done.stderr)
    return "as expected" if done.returncode == 0 else done.stdout + done.stderr


def test_the_time_that_editors_wait_counts_once_for_each_replica(rendered: Rendered, tmp_path: Path) -> None:
    # 95 of 100 wait up to 2.5 + 0.95 * 2.5 seconds; the average over three replicas is that time again.
    wanted = {"queue-duration": 3 * 4.875, "queue-tokens": 450_000.0}
    assert answers(rendered, tmp_path, SERIES, wanted) == "as expected"


def test_a_night_without_calls_is_an_empty_queue(rendered: Rendered, tmp_path: Path) -> None:
    quiet = {name: "0x20" if "queue" in name else values for name, values in SERIES.items()}
    assert answers(rendered, tmp_path, quiet, {"queue-duration": 0.0, "queue-tokens": 0.0}) == "as expected"


def test_no_servers_to_ask_are_no_empty_queue(rendered: Rendered, tmp_path: Path) -> None:
    assert answers(rendered, tmp_path, {}, {"queue-duration": 0.0, "queue-tokens": None}) == "as expected"


def test_another_value_than_expected_is_told(rendered: Rendered, tmp_path: Path) -> None:
    wanted = {"queue-duration": 1.0, "queue-tokens": 450_000.0}
    assert "FAILED" in answers(rendered, tmp_path, SERIES, wanted)
