"""The fixture that collects what the fault tests measured, and the table at the end of a run."""

import pytest

from tests.faults.report import FaultReport, table

_REPORT = pytest.StashKey[FaultReport]()


@pytest.fixture
def fault_report(request: pytest.FixtureRequest) -> FaultReport:
    """Notes a fact: `fault_report(fault, run, calls, lost, wrong, recovery_seconds)`."""
    return request.config.stash.setdefault(_REPORT, FaultReport())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = config.stash.get(_REPORT, None)
    if report is None or not report.facts:
        return
    terminalreporter.section("faults")
    for line in table(report.facts):
        terminalreporter.write_line(line)
