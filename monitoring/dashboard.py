"""Makes the Grafana dashboard: `python -m monitoring.dashboard` writes dashboard.json, which Grafana imports."""

import json
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    VariableRefresh,
)

from monitoring.panel import Panel
from monitoring.panels import ROWS
from monitoring.queries import JOBS

FILE = Path(__file__).with_name("dashboard.json")

_DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_WIDTH, _HEIGHT = 8, 7


def build() -> str:
    """The dashboard as JSON."""
    board = (
        dashboard.Dashboard("triwire")
        .uid("triwire")
        .tags(["triwire"])
        .description("Calls, queue, device, cache and text of triwire. docs/metrics.md explains every metric.")
        .time("now-3h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_variable("namespace", "triwire_build_info"))
        .with_variable(_variable("job", 'triwire_build_info{namespace=~"$namespace"}'))
        .with_variable(_variable("instance", f"triwire_build_info{{{JOBS}}}"))
    )
    for row in ROWS:
        board = board.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            board = board.with_panel(_panel(panel))
    return json.dumps(board.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _variable(name: str, series: str) -> dashboard.QueryVariable:
    # ".*" and not ".+": a Prometheus without Kubernetes gives no label `namespace`.
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .datasource(_DATASOURCE)
        .query(f"label_values({series}, {name})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )


def _panel(panel: Panel) -> timeseries.Panel | stat.Panel:
    made = stat.Panel() if panel.is_number else timeseries.Panel()
    made.title(panel.title).description(panel.description).unit(panel.unit).datasource(_DATASOURCE)
    made.span(_WIDTH).height(_HEIGHT)
    for letter, (expression, legend) in zip("ABCD", panel.queries, strict=False):
        made.with_target(prometheus.Dataquery().ref_id(letter).expr(expression).legend_format(legend).range())
    return made


if __name__ == "__main__":
    FILE.write_text(build(), encoding="utf-8")
