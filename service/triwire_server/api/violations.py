"""What the checks of both services share: how a violation is worded, and how all of them are raised at once."""

from triwire_server.errors import InvalidRequest, Violation

SERVED_LANGUAGES = ("en", "ko", "ja")


def refuse(*violations: Violation) -> None:
    """Raise InvalidRequest with all of the violations, if there are any."""
    if violations:
        raise InvalidRequest(violations)


def missing(path: str, what: str = "") -> Violation:
    """A field that is required and not set."""
    return Violation(path, f"is required{f': {what}' if what else ''}")
