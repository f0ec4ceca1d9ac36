"""Where settings come from: a flag, else the environment, else a TOML file.

`port` is `--port`, `TRIWIRE_PORT` and `port = ...` at the top of the file; what is often given has a flag, the rest has
the other two. A name that does not exist is an error in all of them: a misspelled limit that is silently ignored is
found only under load.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, InitSettingsSource, PydanticBaseSettingsSource

from triwire_server.exposure import exposure_problems
from triwire_server.settings import ENVIRONMENT_PREFIX, Settings, SettingsError, describe, settings_error

CONFIG_FILE_VARIABLE = "TRIWIRE_CONFIG_FILE"

# Variables of the client library and its command, which may run in the same shell.
_CLIENT_VARIABLES = re.compile(
    r"TRIWIRE_(TARGET|TOKEN|TIMEOUT|TLS(_(ROOT_CERTIFICATES|CLIENT_CERTIFICATE|CLIENT_KEY|SERVER_NAME))?"
    r"|ALLOW_PLAINTEXT_TOKEN)"
)

# What Kubernetes puts into every pod for a Service that is called "triwire" (enableServiceLinks).
_KUBERNETES_VARIABLES = re.compile(
    r"TRIWIRE(_\w+)?_(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)"
)
_KUBERNETES_PORT = re.compile(r"(tcp|udp)://")
_PORT_VARIABLE = re.compile(r"TRIWIRE(_\w+)?_PORT")

_SECRETS = frozenset({"shared_cache_secret"})


def load_settings(flags: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags, the environment and a TOML file, in this order of precedence.

    Args:
        flags: values by name of the setting; None is "not given". "config_file" names the TOML file and wins over
            `TRIWIRE_CONFIG_FILE`.
        environment: variables by name; None: those of this process.

    Raises:
        SettingsError: names every setting that does not exist or has a value that is not allowed.
    """
    sources = _read_sources(flags, os.environ if environment is None else environment)
    problems = list(sources.unknown_names())
    settings: Settings | None = None
    try:
        settings = sources.settings()
    except ValidationError as error:
        problems += sources.refused_values(error)
    else:
        problems += exposure_problems(settings)
    if problems or settings is None:
        raise settings_error(problems)
    return settings


@dataclass(frozen=True, slots=True)
class _Sources:
    """What was given, and where."""

    flags: Mapping[str, Any]
    """By name of the setting."""

    variables: Mapping[str, str]
    """By their names in lower case, prefix included."""

    file: Path | None
    file_values: Mapping[str, Any]

    def settings(self) -> Settings:
        """The settings by precedence.

        Raises:
            ValidationError: of pydantic, with the names of the settings.
        """
        variables, file_values = self.variables, dict(self.file_values)

        class Environment(EnvSettingsSource):
            def _load_env_vars(self) -> Mapping[str, str | None]:
                return dict(variables)

        class Loaded(Settings):
            @classmethod
            def settings_customise_sources(
                cls,
                settings_cls: type[BaseSettings],
                init_settings: PydanticBaseSettingsSource,
                env_settings: PydanticBaseSettingsSource,
                dotenv_settings: PydanticBaseSettingsSource,
                file_secret_settings: PydanticBaseSettingsSource,
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                return init_settings, Environment(settings_cls), InitSettingsSource(settings_cls, file_values)

        return Loaded(**self.flags)

    def unknown_names(self) -> Iterator[str]:
        """A sentence for each variable and each key of the file that names no setting."""
        for name in sorted(key.removeprefix(ENVIRONMENT_PREFIX.lower()) for key in self.variables):
            if name not in Settings.model_fields:
                yield f"{ENVIRONMENT_PREFIX}{name.upper()}: there is no such setting{_suggestion(name)}"
        for name in sorted(self.file_values):
            if name not in Settings.model_fields:
                yield f"{self.file}: there is no setting {name!r}{_suggestion(name)}"

    def refused_values(self, error: ValidationError) -> Iterator[str]:
        """A sentence for each value that is not allowed, and for each flag that names no setting."""
        for detail in error.errors():
            name = str(detail["loc"][0])
            if detail["type"] == "extra_forbidden":
                if name in self.flags:
                    yield f"{self._origin(name)}: there is no such setting{_suggestion(name)}"
                continue
            # A password in the address of a store must not reach the log.
            value = "***" if name in _SECRETS else re.sub(r"[^/@]*@", "***@", str(detail["input"]))[:80]
            yield f"{self._origin(name)}: {value!r} is not allowed: {detail['msg']}. {describe(name)}"

    def _origin(self, name: str) -> str:
        if name in self.flags:
            return f"--{name.replace('_', '-')}"
        if ENVIRONMENT_PREFIX.lower() + name in self.variables:
            return ENVIRONMENT_PREFIX + name.upper()
        return str(self.file)


def _read_sources(flags: Mapping[str, Any], environment: Mapping[str, str]) -> _Sources:
    given = {name: value for name, value in flags.items() if value is not None}
    named = given.pop("config_file", None) or environment.get(CONFIG_FILE_VARIABLE)
    file = Path(named) if named else None
    variables = {name.lower(): value for name, value in environment.items() if _is_setting(name, value)}
    return _Sources(given, variables, file, _read_toml(file) if file else {})


def _is_setting(name: str, value: str) -> bool:
    """Whether a variable was meant for the server, rightly spelled or not."""
    if not name.startswith(ENVIRONMENT_PREFIX) or name == CONFIG_FILE_VARIABLE:
        return False
    if _CLIENT_VARIABLES.fullmatch(name) or _KUBERNETES_VARIABLES.fullmatch(name):
        return False
    return not (_PORT_VARIABLE.fullmatch(name) and _KUBERNETES_PORT.match(value))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is not TOML: {error}") from error


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name, Settings.model_fields, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(Settings.model_fields))}"
