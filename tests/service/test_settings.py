import re
from pathlib import Path

import pytest

from triwire_server.limits import Limits
from triwire_server.settings import Settings, SettingsError, describe, load_settings, reference

KUBERNETES = {
    "TRIWIRE_PORT": "tcp://10.0.0.7:50051",
    "TRIWIRE_SERVICE_HOST": "10.0.0.7",
    "TRIWIRE_SERVICE_PORT": "50051",
    "TRIWIRE_SERVICE_PORT_GRPC": "50051",
    "TRIWIRE_PORT_50051_TCP": "tcp://10.0.0.7:50051",
    "TRIWIRE_PORT_50051_TCP_ADDR": "10.0.0.7",
    "TRIWIRE_METRICS_SERVICE_HOST": "10.0.0.8",
}
CLIENT = {"TRIWIRE_TARGET": "news:50051", "TRIWIRE_TOKEN": "t", "TRIWIRE_TIMEOUT": "5", "TRIWIRE_TLS_CLIENT_KEY": "k"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings file."""
    path = tmp_path / "triwire.toml"
    path.write_text('port = 1000\nlog_level = "error"\nmax_outputs = 3\n', encoding="utf-8")
    return path


def refusal(flags: dict[str, object], environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        load_settings(flags, environment)
    return str(raised.value).splitlines()


def test_a_flag_wins_over_the_environment_and_that_over_the_file(config: Path) -> None:
    environment = {"TRIWIRE_PORT": "2000", "TRIWIRE_LOG_LEVEL": "debug", "TRIWIRE_CONFIG_FILE": str(config)}
    settings = load_settings({"port": 3000, "host": None}, environment)
    assert (settings.port, settings.log_level, settings.max_outputs) == (3000, "debug", 3)
    assert settings.host == load_settings({}, {}).host


def test_the_flag_for_the_file_wins_over_its_variable(config: Path, tmp_path: Path) -> None:
    environment = {"TRIWIRE_CONFIG_FILE": str(tmp_path / "absent.toml")}
    assert load_settings({"config_file": config}, environment).port == 1000


def test_the_file_and_the_variables_of_this_process_are_read(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIWIRE_CONFIG_FILE", str(config))
    monkeypatch.setenv("TRIWIRE_MAX_BLOCKS", "7")
    settings = load_settings({})
    assert (settings.port, settings.max_blocks) == (1000, 7)


def test_variables_of_the_client_and_of_kubernetes_are_no_settings() -> None:
    assert load_settings({}, KUBERNETES | CLIENT).model_dump() == load_settings({}, {}).model_dump()


def test_every_wrong_setting_is_named_at_once_with_its_origin(tmp_path: Path) -> None:
    path = tmp_path / "triwire.toml"
    path.write_text('max_block = 5\nlog_format = "xml"\n', encoding="utf-8")
    lines = refusal({"config_file": path, "port": 70000}, {"TRIWIRE_LOGLEVEL": "info", "TRIWIRE_MAX_OUTPUTS": "many"})
    assert lines[0] == "5 settings are wrong:"
    text = "\n".join(lines[1:])
    assert len(lines) == 6
    assert "TRIWIRE_LOGLEVEL: there is no such setting; did you mean 'log_level'?" in text
    assert f"{path}: there is no setting 'max_block'; did you mean 'max_blocks'?" in text
    assert f"{path}: 'xml' is not allowed" in text
    assert "--port: '70000' is not allowed" in text
    assert "less than or equal to 65535" in text
    assert "TRIWIRE_MAX_OUTPUTS: 'many' is not allowed" in text
    assert describe("max_outputs") in text


def test_a_name_unlike_any_other_gets_the_list() -> None:
    lines = refusal({}, {"TRIWIRE_ZZZ": "1"})
    assert lines[0] == "a setting is wrong:"
    assert "max_queue_tokens" in lines[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read: No such file"), (b"port = ", "is not TOML"), (b"\xff\xfe", "is not TOML")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "settings.toml"
    if content is not None:
        path.write_bytes(content)
    [line] = refusal({"config_file": path}, {})
    assert str(path) in line
    assert message in line


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "CPU", ""])
def test_a_device_that_is_none_is_refused(device: str) -> None:
    assert "--device" in refusal({"device": device}, {})[1]


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_what_it_is(name: str) -> None:
    assert describe(name).endswith(".")


def test_the_limits_of_the_contract_are_the_defaults() -> None:
    assert load_settings({}, {}).limits == Limits()


def test_glossaries_are_in_the_cache_folder_unless_told_otherwise(tmp_path: Path) -> None:
    assert load_settings({"cache_dir": tmp_path}, {}).glossary_url == f"sqlite:///{tmp_path}/glossaries.sqlite3"
    for url in ("sqlite:///glossaries.db", "redis://store:6379/1", "rediss://:secret@store:6380", "unix:///run/redis"):
        assert load_settings({}, {"TRIWIRE_GLOSSARIES": url}).glossary_url == url


@pytest.mark.parametrize("url", ["redis:/:secret@store", "sqlite://", "mysql://news:secret@store/db", "secret@store"])
def test_a_wrong_address_of_a_store_is_told_without_its_password(url: str) -> None:
    text = "\n".join(refusal({}, {"TRIWIRE_GLOSSARIES": url}))
    assert text.startswith("a setting is wrong:\n  TRIWIRE_GLOSSARIES: ")
    assert "is not allowed" in text
    assert describe("glossaries") in text
    assert "secret" not in text


def test_a_shared_cache_is_a_redis_and_its_secret_is_long_and_never_told() -> None:
    for url in ("", "redis://store:6379/1", "rediss://:secret@store:6380", "unix:///run/redis"):
        assert load_settings({}, {"TRIWIRE_SHARED_CACHE": url}).shared_cache == url
    assert "secret" not in "\n".join(refusal({}, {"TRIWIRE_SHARED_CACHE": "sqlite://:secret@store"}))
    lines = refusal({}, {"TRIWIRE_SHARED_CACHE_SECRET": "too-short"})
    assert lines[1].startswith("  TRIWIRE_SHARED_CACHE_SECRET: '***' is not allowed")
    assert "too-short" not in "\n".join(lines)
    assert load_settings({}, {"TRIWIRE_SHARED_CACHE_SECRET": "s" * 32}).shared_cache_secret == "s" * 32


TLS_FILES: dict[str, object] = {"tls_certificate": "server.pem", "tls_key": "server.key"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.7", "localhost", "[::1]", "::1"])
def test_this_machine_alone_needs_neither_tls_nor_tokens(host: str) -> None:
    assert load_settings({"host": host}, {}).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "10.0.0.7", "triwire.internal"])  # noqa: S104
def test_other_machines_in_plaintext_and_without_a_name_are_refused_unless_asked_for(host: str) -> None:
    lines = refusal({"host": host}, {})
    assert lines[0] == "2 settings are wrong:"
    assert lines[1].startswith(f"  host: {host} takes calls from other machines, and they would be in plaintext")
    assert lines[2].startswith(
        f"  host: {host} takes calls from other machines, and anyone there could make them: give"
    )
    [_, anonymous] = refusal({"host": host} | TLS_FILES, {})
    assert anonymous.endswith("give tokens or tls_client_ca, or set allow_anonymous")
    [_, plaintext] = refusal({"host": host, "tokens": "callers.toml"}, {})
    assert "set allow_plaintext where a mesh or a proxy" in plaintext
    for more in (
        TLS_FILES | {"tokens": "callers.toml"},
        TLS_FILES | {"tls_client_ca": "ca.pem"},
        {"tokens": "callers.toml", "allow_plaintext": True},
        {"allow_plaintext": "true", "allow_anonymous": "true"},
    ):
        assert load_settings({"host": host} | more, {}).host == host


def test_files_of_tls_that_belong_together_are_asked_for_together() -> None:
    lines = refusal({}, {"TRIWIRE_TLS_CERTIFICATE": "server.pem"})
    assert lines == ["a setting is wrong:", "  tls_certificate: needs tls_key beside it"]
    lines = refusal({}, {"TRIWIRE_TLS_KEY": "server.key", "TRIWIRE_TLS_CLIENT_CA": "ca.pem"})
    assert lines == [
        "2 settings are wrong:",
        "  tls_key: needs tls_certificate beside it",
        "  tls_client_ca: certificates of callers need TLS: give tls_certificate and tls_key",
    ]


def test_ports_that_kubernetes_tells_of_services_are_no_settings() -> None:
    variables = {"TRIWIRE_HEALTH_PORT": "tcp://10.0.0.9:50052", "TRIWIRE_METRICS_PORT": "tcp://10.0.0.8:9464"}
    assert load_settings({}, variables).health_port == 50052
    assert load_settings({}, {"TRIWIRE_HEALTH_PORT": "1"}).health_port == 1


def test_the_documentation_lists_every_setting_as_it_is() -> None:
    text = Path("docs/settings.md").read_text(encoding="utf-8")
    linked = re.sub(r"docs/([a-z-]+\.md)", r"[\1](\1)", reference())
    assert text.partition("| setting |")[2].strip() == linked.partition("| setting |")[2].strip()
