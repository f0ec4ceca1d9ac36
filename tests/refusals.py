"""What the contract says of a failed call, item or part: its code, and the details of its rich status."""

from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status


@dataclass(slots=True)
class Told:
    """What a caller is told; empty where nothing is said."""

    code: grpc.StatusCode
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    violations: list[tuple[str, str]] = field(default_factory=list)
    """Field and description of each."""

    resource: tuple[str, str] = ("", "")
    """Type and name."""

    retry_seconds: float | None = None

    @property
    def fields(self) -> list[str]:
        return [field for field, _ in self.violations]

    def __str__(self) -> str:
        """Code and reason: "INTERNAL INFERENCE_FAILED"."""
        return f"{self.code.name} {self.reason}".strip()


def told_by(error: Any) -> Told:
    """What a failed call tells; the code alone where gRPC itself ended it."""
    status = rpc_status.from_call(error)
    return Told(error.code()) if status is None else told_in(status)


def told_in(status: status_pb2.Status) -> Told:
    """What the status of a call, an item or a part tells."""
    told = Told(next(code for code in grpc.StatusCode if code.value[0] == status.code))
    for detail in status.details:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        resource, retry = error_details_pb2.ResourceInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            assert info.domain == "triwire.v1"
            told.reason, told.metadata = info.reason, dict(info.metadata)
        elif detail.Unpack(bad):
            told.violations = [(found.field, found.description) for found in bad.field_violations]
        elif detail.Unpack(resource):
            told.resource = (resource.resource_type, resource.resource_name)
        elif detail.Unpack(retry):
            told.retry_seconds = retry.retry_delay.ToNanoseconds() / 1e9
    return told


async def refused(call: Any) -> Told:
    """What a call tells that has to fail."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return told_by(raised.value)
