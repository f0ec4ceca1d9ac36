from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.callers import caller_entry, write_callers
from tests.certificates import Authority
from tests.service.doctor.lines import lines, settings_of
from triwire_server.doctor.configuration import (
    check_settings,
    check_tls,
    check_tokens,
    read_profile,
    settings_problems,
)
from triwire_server.settings import Settings, SettingsError
from triwire_server.settings_sources import load_settings

Secured = Callable[..., Settings]


@pytest.fixture
def secured(tmp_path: Path) -> Secured:
    """Settings with a certificate of a given lifetime."""

    def make(lifetime: timedelta = timedelta(days=90)) -> Settings:
        certificate, key = Authority(tmp_path).sign("triwire", lifetime=lifetime)
        key.chmod(0o600)
        return settings_of(tls_certificate=str(certificate), tls_key=str(key))

    return make


def test_every_wrong_setting_has_its_line() -> None:
    environment = {"TRIWIRE_PROFLE": "demo", "TRIWIRE_PORT": "x", "TRIWIRE_SHARED_CACHE_SECRET": "hunter2"}
    with pytest.raises(SettingsError) as raised:
        load_settings({}, environment)
    remedy = " -> docs/settings.md, or `triwire-server settings`, has every setting"
    found = lines(settings_problems(raised.value))
    assert found[0] == f"problem TRIWIRE_PROFLE there is no such setting; did you mean 'profile'?{remedy}"
    assert found[1].startswith("problem TRIWIRE_PORT 'x' is not allowed: ")
    assert found[2].startswith("problem TRIWIRE_SHARED_CACHE_SECRET '***' is not allowed: ")
    assert "hunter2" not in "".join(found)


def test_a_settings_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"config_file": tmp_path / "absent.toml"}, {})
    [found] = lines(settings_problems(raised.value))
    text = f"problem settings the settings file {tmp_path}/absent.toml cannot be read: No such file or directory"
    assert found.startswith(text)


def test_an_open_address_is_warned_of() -> None:
    settings = settings_of(host="0.0.0.0", allow_plaintext=True, allow_anonymous=True)  # noqa: S104  # what is warned of
    assert lines(check_settings(settings))[1:] == [
        "warning encryption 0.0.0.0 takes calls from other machines in plaintext (allow_plaintext)"
        " -> tls_certificate and tls_key",
        "warning callers 0.0.0.0 takes calls from other machines, and anyone's (allow_anonymous)"
        " -> tokens or tls_client_ca",
    ]


def test_a_profile_that_is_not_there_or_forbids_commerce_is_a_problem(tiny_profile: Path) -> None:
    profile, checks = read_profile(settings_of(profile="news"))
    assert profile is None
    assert lines(checks) == [
        "problem profile no profile is called 'news'; give the path of a TOML file or one of: demo, extractive, llm,"
        " m2m100, mt, openai -> docs/models.md explains every field"
    ]
    path = tiny_profile.with_name("doctor.toml")
    text = tiny_profile.read_text(encoding="utf-8").replace("[[models]]\n", "[[models]]\nnoncommercial = true\n", 1)
    path.write_text(text, encoding="utf-8")
    [found] = lines(read_profile(settings_of(profile=str(path)))[1])
    assert found.startswith("problem profile doctor.toml: models[0].noncommercial: the license of tiny-m2m100@1 ")
    allowed = lines(read_profile(settings_of(profile=str(path), allow_noncommercial=True))[1])
    assert allowed[1] == (
        "warning license the license of tiny-m2m100@1 (Apache-2.0) forbids commercial use (allow_noncommercial)"
        " -> another model, unless nobody earns with it"
    )


def test_a_good_certificate_is_shown_with_its_end(secured: Secured) -> None:
    settings = secured()
    end = datetime.now(UTC) + timedelta(days=90)
    assert lines(check_tls(settings)) == [
        f"ok tls_certificate {settings.tls_certificate} until {end:%Y-%m-%d}",
        f"ok tls_key {settings.tls_key} is the certificate's",
    ]


def test_an_expired_certificate_is_a_problem_and_one_that_soon_expires_a_warning(secured: Secured) -> None:
    settings = secured(timedelta(days=-1))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert lines(check_tls(settings))[0] == (
        f"problem tls_certificate expired on {yesterday:%Y-%m-%d}: {settings.tls_certificate}"
        " -> renew it; no restart is needed"
    )
    settings = secured(timedelta(days=10, hours=1))
    end = datetime.now(UTC) + timedelta(days=10, hours=1)
    assert lines(check_tls(settings))[0] == (
        f"warning tls_certificate {settings.tls_certificate} until {end:%Y-%m-%d}, which is in 10 days"
        " -> renew it; no restart is needed"
    )


def test_a_certificate_of_the_future_tells_of_a_wrong_clock(secured: Secured) -> None:
    [found, _] = lines(check_tls(secured(), now=datetime(2024, 1, 1, tzinfo=UTC)))
    assert found.startswith("problem tls_certificate valid from 20")
    assert found.endswith("-> set the clock of this machine, or of the one that made the certificate")


def test_files_that_are_not_there_or_do_not_belong_together_are_problems(secured: Secured, tmp_path: Path) -> None:
    settings = secured()
    _, other = Authority(tmp_path, "other").sign("other")
    wrong = settings.model_copy(update={"tls_key": str(other)})
    remedy = " -> docs/security.md makes these files"
    assert lines(check_tls(wrong)) == [
        f"problem tls_key is not the key of the first certificate in tls_certificate{remedy}"
    ]
    absent = settings.model_copy(update={"tls_key": str(tmp_path / "absent.key")})
    assert lines(check_tls(absent)) == [
        f"problem tls_key {tmp_path}/absent.key cannot be read: No such file or directory{remedy}"
    ]


def test_a_key_that_everybody_can_read_is_warned_of(secured: Secured) -> None:
    settings = secured()
    Path(settings.tls_key).chmod(0o644)
    assert lines(check_tls(settings))[1] == (
        f"warning tls_key every user of this machine can read {settings.tls_key} -> chmod o-r {settings.tls_key}"
    )


def test_the_file_of_callers_is_read(tmp_path: Path) -> None:
    file = write_callers(tmp_path / "callers.toml", caller_entry("cms"), caller_entry("desk"))
    assert lines(check_tokens(settings_of(tokens=file))) == [f"ok tokens {file}: 2 callers"]
    Path(file).write_text('[[callers]]\nname = "cms"\n', encoding="utf-8")
    remedy = " -> `triwire-server tokens new` makes an entry"
    assert lines(check_tokens(settings_of(tokens=file))) == [
        f"problem tokens {file}:1: callers[0] ('cms'): token_sha256: Field required{remedy}",
        f"problem tokens {file}:1: callers[0] ('cms'): rights: Field required{remedy}",
    ]
    absent = str(tmp_path / "absent.toml")
    assert lines(check_tokens(settings_of(tokens=absent))) == [
        f"problem tokens {absent} cannot be read: No such file or directory"
        " -> `triwire-server tokens new` makes an entry"
    ]
