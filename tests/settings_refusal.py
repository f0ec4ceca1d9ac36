"""What `load_settings` says of settings that it refuses."""

import pytest

from triwire_server.settings import SettingsError
from triwire_server.settings_sources import load_settings


def refusal(flags: dict[str, object], environment: dict[str, str]) -> list[str]:
    """Lines of the message."""
    with pytest.raises(SettingsError) as raised:
        load_settings(flags, environment)
    return str(raised.value).splitlines()
