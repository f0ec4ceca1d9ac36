import re
from pathlib import Path

import pytest

from triwire_server.limits import Limits
from triwire_server.settings import Settings, describe, reference
from triwire_server.settings_sources import load_settings


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_what_it_is(name: str) -> None:
    assert describe(name).endswith(".")


def test_the_limits_of_the_contract_are_the_defaults() -> None:
    assert load_settings({}, {}).limits == Limits()


def test_glossaries_are_in_the_cache_folder_unless_told_otherwise(tmp_path: Path) -> None:
    assert load_settings({"cache_dir": tmp_path}, {}).glossary_url == f"sqlite:///{tmp_path}/glossaries.sqlite3"
    for url in ("sqlite:///glossaries.db", "redis://store:6379/1", "rediss://:secret@store:6380", "unix:///run/redis"):
        assert load_settings({}, {"TRIWIRE_GLOSSARIES": url}).glossary_url == url


def test_the_documentation_lists_every_setting_as_it_is() -> None:
    text = Path("docs/settings.md").read_text(encoding="utf-8")
    linked = re.sub(r"docs/([a-z-]+\.md)", r"[\1](\1)", reference())
    assert text.partition("| setting |")[2].strip() == linked.partition("| setting |")[2].strip()
