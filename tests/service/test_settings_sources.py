from pathlib import Path

import pytest

from tests.settings_refusal import refusal
from triwire_server.settings import describe
from triwire_server.settings_sources import load_settings

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


def test_ports_that_kubernetes_tells_of_services_are_no_settings() -> None:
    variables = {"TRIWIRE_HEALTH_PORT": "tcp://10.0.0.9:50052", "TRIWIRE_METRICS_PORT": "tcp://10.0.0.8:9464"}
    assert load_settings({}, variables).health_port == 50052
    assert load_settings({}, {"TRIWIRE_HEALTH_PORT": "1"}).health_port == 1
