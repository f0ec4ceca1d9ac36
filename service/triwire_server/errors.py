"""Every failure a caller can meet, each with the reason the contract names.

  TriwireError
  ├── InvalidRequest              one or more violations, all reported at once
  │     reasons: INVALID_FIELD, CONTENT_TOO_LARGE, LANGUAGE_UNSUPPORTED, LANGUAGE_UNDETECTED,
  │              NO_ARTICLE_TEXT, ITEM_ID_REUSED
  ├── ResourceError               about one named resource
  │   ├── NotFound                GLOSSARY_NOT_FOUND, MODEL_NOT_FOUND
  │   ├── GlossaryExists          GLOSSARY_EXISTS: the id is taken
  │   └── EtagMismatch            ETAG_MISMATCH: the glossary was changed meanwhile
  ├── CredentialsInvalid          CREDENTIALS_INVALID: no token, or none that is known
  ├── AccessDenied                ACCESS_DENIED: the caller may not do this
  ├── QueueFull                   QUEUE_FULL: try again after `retry_seconds`
  ├── QuotaExceeded               QUOTA_EXCEEDED: the caller has its share; try again after `retry_seconds`
  ├── ShuttingDown                SHUTTING_DOWN: try another replica at once
  ├── Starting                    STARTING: models are still loading
  ├── GlossariesUnavailable       GLOSSARIES_UNAVAILABLE: what keeps the glossaries does not answer now
  ├── ModelUnavailable            MODEL_UNAVAILABLE: the server that a model runs on does not answer now
  ├── DeadlineExceeded            DEADLINE
  └── InferenceFailed             INFERENCE_FAILED: the model failed on this input alone

`api/status.py` is the one table from these to gRPC status codes and details. Messages are for the caller: they name
fields, limits and sizes and never quote article text.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class TriwireError(Exception):
    """Base of every failure that the contract names."""

    reason: str
    """Reason in `google.rpc.ErrorInfo`, as in the contract's table."""

    def __init__(self, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.metadata: dict[str, str] = dict(metadata or {})


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with one field of a request."""

    field_path: str
    """Path from the request message: "content.article.blocks[3].block_id"."""

    description: str
    """What is wrong and what would be right, with the limit and the size where there are any."""

    reason: str = "INVALID_FIELD"
    """Reason of the contract's table that this violation alone would have."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    """Values for `google.rpc.ErrorInfo.metadata`: limit, actual, maximum, source, target."""


def above_limit(path: str, limit: str, actual: int, maximum: int, unit: str, remedy: str = "") -> Violation:
    """A field that exceeds a limit: CONTENT_TOO_LARGE, with the values that the contract puts into ErrorInfo."""
    return Violation(
        path,
        f"has {actual:,} {unit}; {limit} is {maximum:,}{f'; {remedy}' if remedy else ''}",
        "CONTENT_TOO_LARGE",
        {"limit": limit, "actual": str(actual), "maximum": str(maximum)},
    )


class InvalidRequest(TriwireError):
    """The request breaks the contract; `violations` holds every way in which it does."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        if not violations:
            raise ValueError("an InvalidRequest needs at least one violation")
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        super().__init__(f"{first.field_path}: {first.description}{more}", first.metadata)
        # The status has one reason only: that of the first violation, in the order of the fields.
        self.reason = first.reason
        self.violations = tuple(violations)


class ResourceError(TriwireError):
    """A failure that concerns one named resource.

    Args:
        resource_type: "triwire.v1.Glossary" or "triwire.v1.Model".
        resource_name: the name as the caller wrote it.
    """

    def __init__(self, resource_type: str, resource_name: str, message: str) -> None:
        super().__init__(message, {"name": resource_name})
        self.resource_type = resource_type
        self.resource_name = resource_name


class NotFound(ResourceError):
    """A named resource does not exist.

    Args:
        reason: GLOSSARY_NOT_FOUND or MODEL_NOT_FOUND.
        resource_type: "triwire.v1.Glossary" or "triwire.v1.Model".
        resource_name: the name as the caller wrote it.
    """

    def __init__(self, reason: str, resource_type: str, resource_name: str, message: str) -> None:
        super().__init__(resource_type, resource_name, message)
        self.reason = reason


GLOSSARY_TYPE = "triwire.v1.Glossary"
"""Resource type of glossaries in `google.rpc.ResourceInfo`."""


def glossary_not_found(name: str) -> NotFound:
    """The failure for a name ("glossaries/{glossary}") that no glossary has."""
    return NotFound("GLOSSARY_NOT_FOUND", GLOSSARY_TYPE, name, f"no glossary is called {name!r}")


class GlossaryExists(ResourceError):
    """A glossary of this name is there already."""

    reason = "GLOSSARY_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(GLOSSARY_TYPE, name, f"{name!r} exists already")


class EtagMismatch(ResourceError):
    """The glossary is not, or no longer, the version whose etag was sent."""

    reason = "ETAG_MISMATCH"

    def __init__(self, name: str) -> None:
        message = f"{name!r} was changed or deleted since this etag was read; read it again, merge, and try again"
        super().__init__(GLOSSARY_TYPE, name, message)


class RetryableError(TriwireError):
    """A failure that is worth trying again after `retry_seconds`."""

    def __init__(self, message: str, retry_seconds: float) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class QueueFull(RetryableError):
    """The queue takes no more work of this priority now."""

    reason = "QUEUE_FULL"


class QuotaExceeded(RetryableError):
    """The caller holds, or has used, as much as it may; others are still let in."""

    reason = "QUOTA_EXCEEDED"


class ShuttingDown(RetryableError):
    """This replica drains; another one will answer at once."""

    reason = "SHUTTING_DOWN"

    def __init__(self, message: str = "this replica is shutting down; try another one") -> None:
        super().__init__(message, 0.0)


class Starting(RetryableError):
    """The models are still being loaded."""

    reason = "STARTING"

    def __init__(self, message: str = "models are still loading", retry_seconds: float = 2.0) -> None:
        super().__init__(message, retry_seconds)


class GlossariesUnavailable(RetryableError):
    """What keeps the stored glossaries does not answer now, or not in time."""

    reason = "GLOSSARIES_UNAVAILABLE"

    def __init__(
        self, message: str = "stored glossaries cannot be read or written now", retry_seconds: float = 2.0
    ) -> None:
        super().__init__(message, retry_seconds)


class ModelUnavailable(RetryableError):
    """The server that a model runs on does not answer now, is full, or refuses this service.

    Args:
        message: what is the matter.
        retry_seconds: when it will be tried again.
        needs_operator: it answers, and says that it is asked wrongly: another model's name, a wrong key or address.
    """

    reason = "MODEL_UNAVAILABLE"

    def __init__(
        self,
        message: str = "the server of the model does not answer now",
        retry_seconds: float = 2.0,
        *,
        needs_operator: bool = False,
    ) -> None:
        super().__init__(message, retry_seconds)
        self.needs_operator = needs_operator


class CredentialsInvalid(TriwireError):
    """The call has no token, or none that is known. The message does not say which: a stranger learns nothing."""

    reason = "CREDENTIALS_INVALID"

    def __init__(self, message: str = "a valid token is required: authorization: Bearer TOKEN") -> None:
        super().__init__(message)


class AccessDenied(TriwireError):
    """The caller is known and may not do this."""

    reason = "ACCESS_DENIED"


class DeadlineExceeded(TriwireError):
    """The caller's deadline passed, or the work cannot be done before it."""

    reason = "DEADLINE"

    def __init__(self, message: str = "the deadline passed before the work was done") -> None:
        super().__init__(message)


class InferenceFailed(TriwireError):
    """The model or the device failed on this input alone."""

    reason = "INFERENCE_FAILED"

    def __init__(self, message: str = "the model failed on this input") -> None:
        super().__init__(message)


def reason_of(error: BaseException) -> str:
    """The contract's reason of a failure; "CANCELLED", or "INTERNAL" for a bug."""
    if isinstance(error, TriwireError):
        return error.reason
    return "CANCELLED" if isinstance(error, asyncio.CancelledError | GeneratorExit) else "INTERNAL"
