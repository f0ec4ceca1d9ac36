import hashlib

import pytest

from triwire_server.api.authentication import Gate
from triwire_server.api.caller_file import CallerTable
from triwire_server.callers import ANYONE, Caller
from triwire_server.errors import CredentialsInvalid, QuotaExceeded

CMS = Caller(name="cms", max_concurrent_calls=2)
TABLE = CallerTable({hashlib.sha256(b"good").digest(): CMS})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("value", ["Bearer good", "bearer good", "BEARER  good ", b"Bearer good"])
def test_the_scheme_may_be_written_in_any_case(value: str | bytes) -> None:
    assert Gate(lambda: TABLE).identify([("user-agent", "x"), ("authorization", value)]) is CMS


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        [("authorization", "")],
        [("authorization", "good")],
        [("authorization", "Basic good")],
        [("authorization", "Bearer")],
        [("authorization", "Bearer ")],
        [("authorization", "Bearer Good")],
        [("authorization", "Bearer good good")],
        [("authorization", b"Bearer \xff\xfe")],
        [("authorization", "Bearer good"), ("authorization", "Bearer good")],
        [("token", "Bearer good")],
    ],
)
def test_everything_else_is_refused_in_the_same_words(metadata: list[tuple[str, str | bytes]] | None) -> None:
    with pytest.raises(CredentialsInvalid, match=r"^a valid token is required: authorization: Bearer TOKEN$"):
        Gate(lambda: TABLE).identify(metadata)


def test_without_tokens_everybody_is_let_in() -> None:
    assert Gate().identify([("authorization", "Bearer good")]) is ANYONE


def test_calls_above_the_bound_are_told_when_one_should_have_ended() -> None:
    clock = Clock()
    gate = Gate(lambda: TABLE, clock)
    with gate.hold(CMS):
        clock.now += 11.0
    # The mean began at a second and took a fifth of the way to eleven: three. Two at work end every 1.5 seconds.
    with gate.hold(CMS), gate.hold(CMS):
        with pytest.raises(QuotaExceeded) as raised, gate.hold(CMS):
            pytest.fail("a third call was let in")
        assert raised.value.retry_seconds == pytest.approx(1.5)
        assert str(raised.value) == "caller 'cms' has 2 calls under way; max_concurrent_calls is 2"
        with gate.hold(Caller(name="other")), gate.hold(ANYONE):
            pass
    with gate.hold(CMS), gate.hold(CMS):
        pass


def test_a_call_that_fails_gives_its_place_back() -> None:
    gate = Gate(lambda: TABLE)
    one = Caller(name="cms", max_concurrent_calls=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="failed"), gate.hold(one):
            raise ValueError("failed")
