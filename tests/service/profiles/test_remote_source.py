"""Profiles with models behind an address."""

from pathlib import Path

import pytest

from tests.model_server import profile_text
from triwire_server.profiles.profile import ProfileError, load_profile
from triwire_server.profiles.remote_source import OpenAISource


def load(folder: Path, text: str) -> OpenAISource:
    path = folder / "remote.toml"
    path.write_text(text, encoding="utf-8")
    source = load_profile(str(path)).models[0].source
    assert isinstance(source, OpenAISource)
    return source


def fault(folder: Path, text: str) -> str:
    with pytest.raises(ProfileError) as caught:
        load(folder, text)
    return str(caught.value)


def test_a_remote_model_has_no_files_and_keeps_its_card(tmp_path: Path) -> None:
    path = tmp_path / "remote.toml"
    path.write_text(profile_text("https://models.example.org/v1/"), encoding="utf-8")
    profile = load_profile(str(path))
    assert profile.local_models == []
    [spec] = profile.remote_models
    assert (spec.card.full_name, spec.card.license, spec.card.takes_terms) == ("far@1", "MIT", True)
    assert isinstance(spec.source, OpenAISource)
    assert spec.source.base_url == "https://models.example.org/v1"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("models.example.org/v1", 'must be "http://HOST:PORT/v1"'),
        ("ftp://models.example.org/v1", 'must be "http://HOST:PORT/v1"'),
        ("http:///v1", 'must be "http://HOST:PORT/v1"'),
        ("http://host:99999/v1", "its host or its port cannot be read"),
        ("http://host:0/v1", 'must be "http://HOST:PORT/v1"'),
        ("https://me:secret@host/v1", "must hold no password"),
        ("https://host/v1?key=secret", 'must end before any "?"'),
        ("https://host/v1/chat/completions", 'must end before "/chat/completions"'),
        ("https://ho st/v1", 'must be "http://HOST:PORT/v1"'),
    ],
)
def test_an_address_that_cannot_be_used_is_named(tmp_path: Path, url: str, message: str) -> None:
    told = fault(tmp_path, profile_text(url))
    assert told.startswith(f"remote.toml: models[0].source.base_url: {message}")
    assert "secret" not in told


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('api_key_env = "sk-1234"', "models[0].source.api_key_env: "),
        ('api_key_env = "TRIWIRE_MODEL_KEY"', "models[0].source.api_key_env: must not begin with TRIWIRE_"),
        ('api_key = "sk-1234"', "models[0].source.api_key: no such field; see docs/models.md"),
        ("max_concurrent_requests = 0", "models[0].source.max_concurrent_requests: "),
        ("request_timeout_seconds = 0", "models[0].source.request_timeout_seconds: "),
        ("extra_body = { stream = true }", "models[0].source.extra_body: stream is set by the server itself"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(tmp_path: Path, source: str, message: str) -> None:
    assert f"remote.toml: {message}" in fault(tmp_path, profile_text("https://host/v1", source))


def test_a_key_is_not_sent_in_the_clear_to_another_machine(tmp_path: Path) -> None:
    key = 'api_key_env = "MODEL_KEY"'
    told = fault(tmp_path, profile_text("http://models.example.org/v1", key))
    assert told.startswith("remote.toml: models[0].source: base_url: http to another machine would show the key")
    for url, source in [
        ("http://127.0.0.1:8000/v1", key),
        ("https://models.example.org/v1", key),
        ("http://models.example.org/v1", f"{key}, allow_plaintext_key = true"),
    ]:
        assert load(tmp_path, profile_text(url, source)).api_key_env == "MODEL_KEY"


@pytest.mark.parametrize("field", ["beams = 4", 'dtype = "int8"', "length_penalty = 0.5", "early_stopping = true"])
def test_what_the_other_server_decides_is_no_field_of_the_profile(tmp_path: Path, field: str) -> None:
    text = profile_text("https://host/v1").replace('license = "MIT"', f'license = "MIT"\n{field}')
    assert f"models[0]: {field.split()[0]}: the server of the source decides it" in fault(tmp_path, text)


def test_only_chat_models_are_remote(tmp_path: Path) -> None:
    text = profile_text("https://host/v1")
    text = text[: text.index("[models.prompts]")].replace('"chat"', '"m2m100"')
    assert 'models[0]: source.kind: "openai" is for the architecture "chat"' in fault(tmp_path, text)


def test_the_shipped_profile_speaks_to_this_machine_without_a_key() -> None:
    source = load_profile("openai").models[0].source
    assert isinstance(source, OpenAISource)
    assert (source.base_url, source.api_key_env) == ("http://127.0.0.1:8000/v1", "")
