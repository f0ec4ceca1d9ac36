"""How the `triwire` command tells failures: one line with the field and the remedy, and an exit code."""

import re
from collections.abc import Callable

from triwire_client.errors import (
    AccessDeniedError,
    CancelledError,
    ContentTooLargeError,
    CredentialsInvalidError,
    DeadlineExceededError,
    EtagMismatchError,
    GlossaryExistsError,
    GlossaryNotFoundError,
    InferenceFailedError,
    InvalidRequestError,
    LanguageUndetectedError,
    LanguageUnsupportedError,
    ModelNotFoundError,
    NoArticleTextError,
    NotFoundError,
    NotImplementedByServerError,
    QueueFullError,
    StartingError,
    TriwireError,
    UnavailableError,
)
from triwire_client.inputs import bounded, one_line

PARTIAL = 1
"""Some items or parts failed, others did not."""

REFUSED = 2
"""Wrong usage, input or credentials: the same command fails again."""

LATER = 3
"""Not reachable, overloaded or out of time: the same command may succeed later."""

SERVER_FAILED = 4
"""The server or the model failed."""

INTERRUPTED = 130
"""Ended by the user, as shells number it."""

_OPTIONS = (
    (r"target_languages?\b.*|options\.target_language", "--to"),
    (r"summaries.*|options\.style", "--summary"),
    (r".*\.max_characters", "--max-characters"),
    (r".*\.bullet_count", "--bullets"),
    (r".*\.model", "--model"),
    (r".*\.block_kinds.*", "--kind"),
    (r"content\.language|content\.article\.language", "--language"),
    (r"house_style\.register", "--register"),
    (r"house_style\.glossaries.*", "--glossary"),
    (r"content\b.*", "the input"),
    (r"glossary\.name|glossary_id", "--id"),
    (r"glossary\.display_name", "--name"),
    (r"name", "ID"),
)
_REMEDIES: tuple[tuple[type[TriwireError], str], ...] = (
    (ContentTooLargeError, "split it"),
    (LanguageUnsupportedError, "`triwire models` lists the directions"),
    (LanguageUndetectedError, "name it with --language"),
    (NoArticleTextError, "with --cleaning none everything is article text"),
    (ModelNotFoundError, "`triwire models` lists the names"),
    (GlossaryNotFoundError, "`triwire glossary list` lists the ids"),
    (EtagMismatchError, "`triwire glossary show` has the etag of what is there now"),
    (CredentialsInvalidError, "give a token with TRIWIRE_TOKEN or --token"),
    (AccessDeniedError, "ask who runs the server for access"),
    (DeadlineExceededError, "give more time with --timeout, or ask for less at once"),
    (StartingError, "wait until its models are loaded"),
    (InferenceFailedError, "try again; if it stays, tell who runs the server the request id"),
    (NotImplementedByServerError, "the server is older than this command, or does not offer it"),
)
_CONNECTION_REMEDIES = (
    ("CERTIFICATE_VERIFY_FAILED", "--tls-root-certificates names who may have signed the server's certificate"),
    ("Hostname Verification", "--tls-server-name is the name to expect in the server's certificate"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS there: leave the --tls options away, or ask another port"),
    ("Socket closed", "it closed the connection: it may want TLS (--tls) or a --tls-client-certificate"),
)
"""What helps where gRPC's words for a connection that did not come about hold a sign."""


def exit_code(error: TriwireError) -> int:
    """The exit code for a failure."""
    if isinstance(
        error,
        InvalidRequestError
        | NotFoundError
        | GlossaryExistsError
        | EtagMismatchError
        | CredentialsInvalidError
        | AccessDeniedError,
    ):
        return REFUSED
    if isinstance(error, QueueFullError | UnavailableError | DeadlineExceededError | CancelledError):
        return LATER
    return SERVER_FAILED


def describe(error: TriwireError, target: str) -> str:
    """A failure in one line: what, where, what to do, under which request id.

    Args:
        error: what was raised.
        target: address of the server.
    """
    words = "; ".join(f"{_place(found.field)}: {found.description}" for found in error.violations)
    words = " ".join((words or one_line(error)).split())
    if isinstance(error, UnavailableError) and not error.reason:
        words = f"no answer from {target}: {words}; {_connection_remedy(words)}"
    elif isinstance(error, QueueFullError):
        words += f"; try again in {error.retry_delay or 1:.0f} s"
    else:
        words += _remedy(error)
    return words + _source(error)


def describe_violations(error: InvalidRequestError, place: Callable[[str], str]) -> list[str]:
    """A refused request in a line for each violation, or for the first of many.

    Args:
        error: what was raised.
        place: gives for a field's path, or a term that a description mentions ("terms[12]"), where in the input it
            comes from, "w.csv:14", or "".
    """
    lines = []
    for found in error.violations:
        where = place(found.field)
        description = re.sub(r"\bterms\[\d+\]", lambda term: _with_place(term[0], place(term[0])), found.description)
        words = " ".join(f"{_place(found.field)}: {description}".split())
        lines.append(f"{where}: {words}" if where else words)
    lines = bounded(lines) or [one_line(error)]
    return [*lines[:-1], lines[-1] + _remedy(error) + _source(error)]


def _with_place(words: str, place: str) -> str:
    return f"{words} ({place})" if place else words


def _remedy(error: TriwireError) -> str:
    return next((f"; {remedy}" for kind, remedy in _REMEDIES if isinstance(error, kind)), "")


def _connection_remedy(words: str) -> str:
    return next(
        (remedy for sign, remedy in _CONNECTION_REMEDIES if sign in words),
        "is it running? --target or TRIWIRE_TARGET names another one",
    )


def _source(error: TriwireError) -> str:
    """Reason and request id, as far as they are known."""
    reason = f" [{error.reason}]" if error.reason else ""
    return reason + (f" (request {error.request_id})" if error.request_id else "")


def _place(field: str) -> str:
    """The option that set a field, with the field's path."""
    field = field.removeprefix("request.")
    option = next((option for pattern, option in _OPTIONS if re.fullmatch(pattern, field)), "")
    return f"{option} ({field})" if option else field
