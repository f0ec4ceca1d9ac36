"""Around every call: its id, its errors as statuses, its metrics, and one log line at its end."""

import asyncio
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError

from triwire.v1 import article_service_pb2
from triwire_server.api.status import code_of, reason_of, to_status, trailing_metadata
from triwire_server.errors import InvalidRequest, Violation
from triwire_server.limits import MESSAGE_ID
from triwire_server.metrics import Metrics

REQUEST_ID_KEY = "triwire-request-id"
"""Trailing metadata that names the call, in answers and failures alike."""

_PREFIX = "/triwire.v1."


@dataclass(slots=True)
class CallRecord:
    """What is known of a call when it ends."""

    method: str
    request_id: str
    started: float
    values: dict[str, Any] = field(default_factory=dict)

    def add_usage(self, usage: article_service_pb2.Usage) -> None:
        """Note what the call, or one item of it, cost."""
        for name in ("input_tokens", "output_tokens", "segments", "cached_segments"):
            self.values[name] = self.values.get(name, 0) + getattr(usage, name)
        for name in ("queue_duration", "compute_duration"):
            seconds = getattr(usage, name).ToNanoseconds() / 1e9
            key = name.replace("duration", "seconds")
            self.values[key] = round(self.values.get(key, 0.0) + seconds, 4)


_current: ContextVar[CallRecord] = ContextVar("triwire_call")


def current_call() -> CallRecord:
    """The record of the call that runs in this task."""
    return _current.get()


class _Malformed:
    """Stands for a request that is no valid protobuf message, such as one with a string that is not UTF-8."""


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs alone
    """Wraps the methods of triwire's services; health and reflection pass as they are."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._log = structlog.get_logger("triwire")

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """See `grpc.aio.ServerInterceptor`."""
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(_PREFIX):
            return handler
        method = handler_call_details.method.rsplit("/", 1)[-1]
        deserializer = _tolerant(handler.request_deserializer)
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(
                self._stream(method, handler.stream_stream), deserializer, handler.response_serializer
            )
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream), deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(method, handler.unary_unary), deserializer, handler.response_serializer
        )

    def _unary(self, method: str, behavior: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Any]:
        async def call(request: Any, context: Any) -> Any:
            async with self._observed(method, request, context):
                _check(request)
                return await behavior(request, context)

        return call

    def _stream(self, method: str, behavior: Callable[[Any, Any], AsyncIterator[Any]]) -> Callable[[Any, Any], Any]:
        async def call(request: Any, context: Any) -> AsyncIterator[Any]:
            async with self._observed(method, request, context):
                _check(request)
                parts = behavior(request if not hasattr(request, "__aiter__") else _checked(request), context)
                try:
                    async for part in parts:
                        yield part
                finally:
                    await parts.aclose()  # type: ignore[attr-defined]  # servicers write them as generators

        return call

    @asynccontextmanager
    async def _observed(self, method: str, request: Any, context: Any) -> AsyncIterator[None]:
        record = CallRecord(method, _name(request), time.monotonic())
        token = _current.set(record)
        in_flight = self._metrics.requests_in_flight.labels(method)
        in_flight.inc()
        code, reason = grpc.StatusCode.OK, ""
        identity = ((REQUEST_ID_KEY, record.request_id),)
        try:
            context.set_trailing_metadata(identity)
            yield
        except (asyncio.CancelledError, GeneratorExit):
            code = grpc.StatusCode.CANCELLED
            remaining = context.time_remaining()
            if remaining is not None and remaining <= 0:
                code, reason = grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE"
            raise
        except grpc.aio.AbortError:
            code = context.code()
            raise
        except Exception as error:
            status = to_status(error)
            code, reason = code_of(status), reason_of(error)
            if reason == "INTERNAL":
                log_bug(error, record.request_id)
            await context.abort(code, status.message, (*identity, *trailing_metadata(error, status)))
        finally:
            in_flight.dec()
            _reset(token)
            seconds = time.monotonic() - record.started
            self._metrics.requests.labels(method, code.name).inc()
            self._metrics.request_duration_seconds.labels(method).observe(seconds)
            if reason:
                self._metrics.errors.labels(reason).inc()
            self._log.info(
                "request",
                method=method,
                code=code.name,
                **({"reason": reason} if reason else {}),
                request_id=record.request_id,
                seconds=round(seconds, 4),
                **record.values,
            )


def log_bug(error: Exception, request_id: str) -> None:
    """Log what went wrong in the call that runs in this task, or in one item or part of it, and where.

    Frames and the type, not the message: an exception may quote the text that it failed on.
    """
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    method = current_call().method
    structlog.get_logger("triwire").error(
        "bug", method=method, request_id=request_id, error=type(error).__name__, frames=frames
    )


def new_request_id() -> str:
    """An id for a call that brought none."""
    return str(uuid.uuid4())


def _name(request: Any) -> str:
    """The id of a call: the request's, or a new one that is written into it for the answer.

    One that is not allowed is left for the checks to refuse; it goes neither into the log nor into the trailing
    metadata, which take no other characters.
    """
    message = getattr(request, "request", request)
    if not hasattr(message, "request_id"):
        return new_request_id()
    if not message.request_id:
        message.request_id = new_request_id()
    return str(message.request_id) if MESSAGE_ID.fullmatch(message.request_id) else new_request_id()


def _reset(token: Any) -> None:
    try:
        _current.reset(token)
    except ValueError:
        # A generator that was not exhausted is closed in another context, whose variable was never set.
        return


def _tolerant(deserializer: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        try:
            return deserializer(data)
        except (DecodeError, UnicodeDecodeError, ValueError):
            return _Malformed()

    return read


def _check(request: Any) -> None:
    if isinstance(request, _Malformed):
        text = "the message is malformed: not protobuf, or a string in it is not valid UTF-8 (a lone surrogate?)"
        raise InvalidRequest([Violation("request", text)])


async def _checked(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        _check(request)
        yield request
