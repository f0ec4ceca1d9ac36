"""One exception class for each reason of the contract.

TriwireError
├── InvalidRequestError            INVALID_FIELD; `violations` names every field at once
│   ├── ContentTooLargeError       CONTENT_TOO_LARGE
│   ├── LanguageUnsupportedError   LANGUAGE_UNSUPPORTED
│   ├── LanguageUndetectedError    LANGUAGE_UNDETECTED
│   ├── NoArticleTextError         NO_ARTICLE_TEXT
│   └── ItemIdReusedError          ITEM_ID_REUSED
├── NotFoundError
│   ├── GlossaryNotFoundError      GLOSSARY_NOT_FOUND
│   └── ModelNotFoundError         MODEL_NOT_FOUND
├── GlossaryExistsError            GLOSSARY_EXISTS
├── EtagMismatchError              ETAG_MISMATCH
├── CredentialsInvalidError        CREDENTIALS_INVALID
├── AccessDeniedError              ACCESS_DENIED
├── QueueFullError                 QUEUE_FULL
│   └── QuotaExceededError         QUOTA_EXCEEDED
├── UnavailableError               the server cannot be reached
│   ├── ShuttingDownError          SHUTTING_DOWN
│   ├── StartingError              STARTING
│   ├── GlossariesUnavailableError GLOSSARIES_UNAVAILABLE
│   └── ModelUnavailableError      MODEL_UNAVAILABLE
├── DeadlineExceededError          DEADLINE
├── InferenceFailedError           INFERENCE_FAILED
├── NotImplementedByServerError    the server does not have this method yet
└── CancelledError                 cancelled on the way, not by this caller
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

if TYPE_CHECKING:
    from triwire_client.results import Result

_REQUEST_ID_KEY = "triwire-request-id"
_DOMAIN = "triwire.v1"


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with one field of a request."""

    field: str
    """Path from the request message: "content.article.blocks[3].block_id"."""

    description: str
    """For people: what is wrong, and which limit holds."""


class TriwireError(Exception):
    """A call, item or part that failed. Raised as the class of its reason, or as this one for an unknown reason.

    Attributes:
        code: gRPC status code.
        reason: reason of the contract ("QUEUE_FULL"); empty if the server gave none.
        message: for people.
        metadata: values that belong to the reason (limit, actual, maximum, source, target).
        violations: every violation of a refused request.
        retry_delay: seconds after which the server asks to try again; None if it did not say.
        request_id: under which the server logged the call; empty if unknown.
        partial: of a failed `process`, the translations and summaries that were complete before it failed; None of
            any other call, and if not even the source came.

    It keeps all of this, its notes and its class, through pickle and copy: out of a worker process, for example.
    """

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        retry_delay: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_delay = retry_delay
        self.request_id = request_id
        self.partial: Result | None = None

    if sys.version_info < (3, 11):  # where exceptions have no notes yet

        def add_note(self, note: str) -> None:
            """Add a line for people, which Python 3.11 and later show under the traceback."""
            self.__notes__ = [*getattr(self, "__notes__", []), note]

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep every attribute and note through pickle, which calls the class with `args` alone."""
        return type(self), (self.message,), self.__dict__


class InvalidRequestError(TriwireError):
    """The request breaks the contract."""


class ContentTooLargeError(InvalidRequestError):
    """The content is above a limit; `metadata` has limit, actual and maximum."""


class LanguageUnsupportedError(InvalidRequestError):
    """A language or direction is not served; `metadata` has source and target."""


class LanguageUndetectedError(InvalidRequestError):
    """The language could not be told from the text; give it."""


class NoArticleTextError(InvalidRequestError):
    """The page holds no article text."""


class ItemIdReusedError(InvalidRequestError):
    """An item id was used twice in a batch."""


class NotFoundError(TriwireError):
    """A named resource does not exist."""


class GlossaryNotFoundError(NotFoundError):
    """There is no glossary of this name."""


class ModelNotFoundError(NotFoundError):
    """There is no model of this name."""


class GlossaryExistsError(TriwireError):
    """The glossary id is taken."""


class EtagMismatchError(TriwireError):
    """The glossary was changed meanwhile: read it, merge, and try again."""


class CredentialsInvalidError(TriwireError):
    """No credentials, or wrong ones."""


class AccessDeniedError(TriwireError):
    """The credentials do not allow this."""


class QueueFullError(TriwireError):
    """The server takes no more work of this priority; try again after `retry_delay`."""


class QuotaExceededError(QueueFullError):
    """This caller holds, or has used, as much as it may; try again after `retry_delay`."""


class UnavailableError(TriwireError):
    """The server cannot be reached, or does not answer now."""


class ShuttingDownError(UnavailableError):
    """The replica shuts down; another one answers."""


class StartingError(UnavailableError):
    """The server still loads its models."""


class GlossariesUnavailableError(UnavailableError):
    """What keeps the server's glossaries does not answer now."""


class ModelUnavailableError(UnavailableError):
    """The machine that a model runs on is away or full; try again after `retry_delay`."""


class DeadlineExceededError(TriwireError):
    """The time given was not enough."""


class InferenceFailedError(TriwireError):
    """The model failed on this input alone."""


class NotImplementedByServerError(TriwireError):
    """The server does not have this method."""


class CancelledError(TriwireError):
    """The call was cancelled on its way, not by this caller."""


BY_REASON: dict[str, type[TriwireError]] = {
    "INVALID_FIELD": InvalidRequestError,
    "CONTENT_TOO_LARGE": ContentTooLargeError,
    "LANGUAGE_UNSUPPORTED": LanguageUnsupportedError,
    "LANGUAGE_UNDETECTED": LanguageUndetectedError,
    "NO_ARTICLE_TEXT": NoArticleTextError,
    "ITEM_ID_REUSED": ItemIdReusedError,
    "GLOSSARY_NOT_FOUND": GlossaryNotFoundError,
    "MODEL_NOT_FOUND": ModelNotFoundError,
    "GLOSSARY_EXISTS": GlossaryExistsError,
    "ETAG_MISMATCH": EtagMismatchError,
    "CREDENTIALS_INVALID": CredentialsInvalidError,
    "ACCESS_DENIED": AccessDeniedError,
    "QUEUE_FULL": QueueFullError,
    "QUOTA_EXCEEDED": QuotaExceededError,
    "SHUTTING_DOWN": ShuttingDownError,
    "STARTING": StartingError,
    "GLOSSARIES_UNAVAILABLE": GlossariesUnavailableError,
    "MODEL_UNAVAILABLE": ModelUnavailableError,
    "DEADLINE": DeadlineExceededError,
    "INFERENCE_FAILED": InferenceFailedError,
}
"""Class for each reason of the contract."""

_BY_CODE: dict[grpc.StatusCode, type[TriwireError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequestError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.UNAUTHENTICATED: CredentialsInvalidError,
    grpc.StatusCode.PERMISSION_DENIED: AccessDeniedError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceededError,
    grpc.StatusCode.UNIMPLEMENTED: NotImplementedByServerError,
    grpc.StatusCode.CANCELLED: CancelledError,
}
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def from_status(status: status_pb2.Status, request_id: str = "") -> TriwireError:
    """The exception for a `google.rpc.Status`: of a call, an item of a batch or a part of a stream."""
    reason, metadata = "", {}
    violations: list[Violation] = []
    retry_delay: float | None = None
    for detail in status.details:
        info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            violations = [Violation(found.field, found.description) for found in bad.field_violations]
        elif detail.Unpack(retry):
            retry_delay = retry.retry_delay.ToNanoseconds() / 1e9
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    kind = BY_REASON.get(reason) or _BY_CODE.get(code, TriwireError)
    return kind(
        status.message,
        code=code,
        reason=reason,
        metadata=metadata,
        violations=violations,
        retry_delay=retry_delay,
        request_id=request_id,
    )


def from_rpc_error(error: grpc.aio.AioRpcError) -> TriwireError:
    """The exception for a failed call, from its rich status where it has one."""
    # Pairs at run time, which the published stubs do not say.
    trailing: dict[str, Any] = dict(cast(Any, error.trailing_metadata()) or ())
    request_id = str(trailing.get(_REQUEST_ID_KEY, ""))
    code = error.code()
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]  # an AioRpcError has all that it reads
    except (ValueError, DecodeError):
        status = None  # details that contradict the status, or are none: something between rewrote the answer
    if status is not None:
        return from_status(status, request_id)
    kind = _BY_CODE.get(code, TriwireError)
    return kind(error.details() or code.name, code=code, request_id=request_id)


def invalid_request(
    violations: Sequence[Violation], reason: str = "INVALID_FIELD", metadata: Mapping[str, str] | None = None
) -> TriwireError:
    """The exception of a request that this client sends to no server, as a server would refuse it."""
    words = "; ".join(f"{found.field}: {found.description}" for found in violations)
    code = grpc.StatusCode.INVALID_ARGUMENT
    return BY_REASON[reason](words, code=code, reason=reason, metadata=metadata, violations=violations)


def to_status(error: TriwireError) -> status_pb2.Status:
    """The `google.rpc.Status` that an exception stands for, so that it can be stored; `from_status` reads it again."""
    number: int = error.code.value[0]
    status = status_pb2.Status(code=number, message=error.message)
    if error.reason:
        info = error_details_pb2.ErrorInfo(reason=error.reason, domain=_DOMAIN, metadata=error.metadata)
        status.details.add().Pack(info)
    if error.violations:
        bad = error_details_pb2.BadRequest()
        for violation in error.violations:
            bad.field_violations.add(field=violation.field, description=violation.description)
        status.details.add().Pack(bad)
    if error.retry_delay is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(round(error.retry_delay * 1e9))
        status.details.add().Pack(retry)
    return status
