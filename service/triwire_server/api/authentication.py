"""Who calls: by token, by certificate, or anyone; and how many calls of one caller are under way."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from triwire_server.api.caller_file import CallerTable
from triwire_server.callers import ANYONE, Caller
from triwire_server.errors import CredentialsInvalid, QuotaExceeded

_MAX_NAME_CHARACTERS = 64
_NEWEST_SHARE = 0.2
"""Weight of the newest call in the mean duration of a caller's calls."""

_LEAST_RETRY_SECONDS, _MOST_RETRY_SECONDS = 0.1, 60.0


@dataclass(slots=True)
class _Calls:
    """The calls of one caller."""

    under_way: int = 0
    mean_seconds: float = 1.0


class Gate:
    """Tells callers apart and bounds how many calls each has under way.

    Args:
        callers: gives the callers by token as they are now; None: no token is asked for.
        clock: monotonic seconds.
    """

    def __init__(
        self, callers: Callable[[], CallerTable] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._callers = callers
        self._clock = clock
        self._calls: dict[str, _Calls] = {}

    def identify(self, metadata: Iterable[tuple[str, str | bytes]] | None) -> Caller:
        """Whose call it is, by its metadata alone; without tokens ANYONE.

        Raises:
            CredentialsInvalid: there is no token, or none that is known, or several.
        """
        if self._callers is None:
            return ANYONE
        values = [value for key, value in metadata or () if key == "authorization"]
        caller = self._callers().find(_bearer(values[0])) if len(values) == 1 else None
        if caller is None:
            raise CredentialsInvalid
        return caller

    @contextmanager
    def hold(self, caller: Caller) -> Iterator[None]:
        """Count a call for as long as it is under way.

        Raises:
            QuotaExceeded: the caller has as many as it may. The delay is the time in which one of them should end, by
                the mean duration of its calls.
        """
        if not caller.max_concurrent_calls:
            yield
            return
        calls = self._calls.setdefault(caller.name, _Calls())
        if calls.under_way >= caller.max_concurrent_calls:
            seconds = calls.mean_seconds / calls.under_way
            raise QuotaExceeded(
                f"caller {caller.name!r} has {calls.under_way:,} calls under way;"
                f" max_concurrent_calls is {caller.max_concurrent_calls:,}",
                min(max(seconds, _LEAST_RETRY_SECONDS), _MOST_RETRY_SECONDS),
            )
        calls.under_way += 1
        started = self._clock()
        try:
            yield
        finally:
            calls.under_way -= 1
            calls.mean_seconds += _NEWEST_SHARE * (self._clock() - started - calls.mean_seconds)


def with_certificate(caller: Caller, context: Any) -> Caller:
    """ANYONE under the name in the certificate that TLS has checked, where there is one; any other caller as it is."""
    if caller is not ANYONE:
        return caller
    identity = context.auth_context()
    for key in ("x509_common_name", "x509_subject_alternative_name"):
        if identity.get(key):
            name = identity[key][0].decode(errors="replace")[:_MAX_NAME_CHARACTERS]
            return replace(ANYONE, name=name)
    return caller


def _bearer(value: str | bytes) -> str:
    """The token of an `authorization` value; "" if it has another scheme."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    scheme, _, token = text.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
