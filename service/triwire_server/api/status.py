"""The one table from failures to gRPC statuses and their details."""

from collections.abc import Sequence

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from triwire_server.errors import (
    AccessDenied,
    CredentialsInvalid,
    DeadlineExceeded,
    EtagMismatch,
    GlossariesUnavailable,
    GlossaryExists,
    InferenceFailed,
    InvalidRequest,
    ModelUnavailable,
    NotFound,
    QueueFull,
    QuotaExceeded,
    ResourceError,
    RetryableError,
    ShuttingDown,
    Starting,
    TriwireError,
    Violation,
)

DOMAIN = "triwire.v1"
"""Domain of every `google.rpc.ErrorInfo`."""

_MAX_VIOLATION_BYTES = 4096
"""Bytes after which violations are counted instead of told. gRPC takes 8 KiB of trailers, of which base64 needs a
quarter; above, the caller would see the size of the trailers refused and no violation at all."""

_CODES: dict[type[TriwireError], grpc.StatusCode] = {
    InvalidRequest: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    GlossaryExists: grpc.StatusCode.ALREADY_EXISTS,
    EtagMismatch: grpc.StatusCode.ABORTED,
    CredentialsInvalid: grpc.StatusCode.UNAUTHENTICATED,
    AccessDenied: grpc.StatusCode.PERMISSION_DENIED,
    QueueFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
    QuotaExceeded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ShuttingDown: grpc.StatusCode.UNAVAILABLE,
    Starting: grpc.StatusCode.UNAVAILABLE,
    GlossariesUnavailable: grpc.StatusCode.UNAVAILABLE,
    ModelUnavailable: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    InferenceFailed: grpc.StatusCode.INTERNAL,
}


REASONS = (
    "INVALID_FIELD",
    "CONTENT_TOO_LARGE",
    "LANGUAGE_UNSUPPORTED",
    "LANGUAGE_UNDETECTED",
    "NO_ARTICLE_TEXT",
    "ITEM_ID_REUSED",
    "GLOSSARY_NOT_FOUND",
    "MODEL_NOT_FOUND",
    *(kind.reason for kind in _CODES if hasattr(kind, "reason")),
    "INTERNAL",
)
"""Every reason that a failed call, item or part can have; INTERNAL stands for a bug."""


def to_status(error: Exception) -> status_pb2.Status:
    """The status for a failure: of a call, an item or a part.

    A failure that is none of ours is a bug: INTERNAL, without its text, which may quote the request.
    """
    if not isinstance(error, TriwireError):
        return status_pb2.Status(code=_number(grpc.StatusCode.INTERNAL), message="internal error")
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)]
    if isinstance(error, InvalidRequest):
        details.append(_bad_request(error.violations))
    if isinstance(error, ResourceError):
        details.append(
            error_details_pb2.ResourceInfo(
                resource_type=error.resource_type, resource_name=error.resource_name, description=str(error)
            )
        )
    if isinstance(error, RetryableError):
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(round(error.retry_seconds * 1e9))
        details.append(retry)
    status = status_pb2.Status(code=_number(_CODES[type(error)]), message=str(error))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    """Every violation, or as many as a trailer holds and then how many more there are."""
    bad = error_details_pb2.BadRequest()
    for index, violation in enumerate(violations):
        if bad.ByteSize() > _MAX_VIOLATION_BYTES:
            more = f"and {len(violations) - index:,} more places, from here on"
            bad.field_violations.add(field=violation.field_path, description=more, reason=violation.reason)
            break
        bad.field_violations.add(field=violation.field_path, description=violation.description, reason=violation.reason)
    return bad


def code_of(status: status_pb2.Status) -> grpc.StatusCode:
    """GRPC's own value for a status code."""
    return next(code for code in grpc.StatusCode if code.value[0] == status.code)


def trailing_metadata(error: Exception, status: status_pb2.Status) -> tuple[tuple[str, str | bytes], ...]:
    """What goes with a failed call: the rich status, and the wait for stock gRPC retry policies."""
    metadata: list[tuple[str, str | bytes]] = [("grpc-status-details-bin", status.SerializeToString())]
    if isinstance(error, RetryableError):
        metadata.append(("grpc-retry-pushback-ms", str(round(error.retry_seconds * 1000))))
    return tuple(metadata)


def _number(code: grpc.StatusCode) -> int:
    number: int = code.value[0]
    return number
