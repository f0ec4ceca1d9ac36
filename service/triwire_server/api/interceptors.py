"""Around every call: its id, its errors as statuses, its metrics, and one log line at its end."""

import asyncio
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
import structlog
from google.protobuf.message import DecodeError

from triwire.v1 import article_service_pb2
from triwire_server.api.authentication import Gate, with_certificate
from triwire_server.api.rights import check_method
from triwire_server.api.status import code_of, to_status, trailing_metadata
from triwire_server.callers import ANYONE, Caller
from triwire_server.errors import (
    AccessDenied,
    CredentialsInvalid,
    InvalidRequest,
    ShuttingDown,
    TriwireError,
    Violation,
    reason_of,
)
from triwire_server.limits import MESSAGE_ID
from triwire_server.telemetry import tracing
from triwire_server.telemetry.metrics import Metrics

REQUEST_ID_KEY = "triwire-request-id"
"""Trailing metadata that names the call, in answers and failures alike."""

_PREFIX = "/triwire.v1."


@dataclass(slots=True)
class CallRecord:
    """What is known of a call when it ends."""

    method: str
    request_id: str
    started: float
    caller: Caller = ANYONE
    has_sent_part: bool = False
    """Whether a stream has sent its first block or summary."""

    code: grpc.StatusCode = grpc.StatusCode.OK
    reason: str = ""
    """The contract's reason of a failure; empty where there is none, as of a call that its caller cancelled."""

    values: dict[str, Any] = field(default_factory=dict)

    def add_usage(self, usage: article_service_pb2.Usage) -> None:
        """Note what the call, or one item of it, cost."""
        tracing.current_span().add(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            segments=usage.segments,
            cached_segments=usage.cached_segments,
        )
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


_STRANGER = Caller(name="", rights=frozenset())
"""Who has no valid token."""


def _refusal(error: TriwireError) -> Callable[[Any, Any], AsyncIterator[Any]]:
    """A method that fails with an error and reads nothing."""

    async def refuse(requests: Any, context: Any) -> AsyncIterator[Any]:
        raise error
        yield  # type: ignore[unreachable]  # what makes this a generator, as methods that stream are

    return refuse


class _Malformed:
    """Stands for a request that is no valid protobuf message, such as one with a string that is not UTF-8."""


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs alone
    """Wraps the methods of triwire's services; health and reflection pass as they are.

    Args:
        metrics: where calls are counted.
        tracer: makes the span of each call.
        gate: tells callers apart; None: everybody may do everything.
    """

    def __init__(self, metrics: Metrics, tracer: tracing.Tracer, gate: Gate | None = None) -> None:
        self._metrics = metrics
        self._tracer = tracer
        self._gate = gate or Gate()
        self._log = structlog.get_logger("triwire")
        self._under_way: set[asyncio.Task[Any]] = set()
        self._ended: set[asyncio.Task[Any]] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def wait_until_idle(self) -> None:
        """Return when no call of triwire's services is under way; those of health and reflection do not count."""
        await self._is_idle.wait()

    def end_calls(self) -> None:
        """Give up every call under way: it is answered with SHUTTING_DOWN, unless its reader has stopped reading."""
        for task in self._under_way - self._ended:
            self._ended.add(task)
            task.cancel()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """See `grpc.aio.ServerInterceptor`."""
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(_PREFIX):
            return handler
        method = handler_call_details.method
        caller = _STRANGER
        try:
            caller = self._gate.identify(handler_call_details.invocation_metadata)
            check_method(caller, method)
        except (CredentialsInvalid, AccessDenied) as error:
            # A stream's messages are read when they are asked for: those of a stranger never are, nor parsed.
            return grpc.stream_stream_rpc_method_handler(self._stream(method, _refusal(error), caller))
        deserializer = _tolerant(handler.request_deserializer)
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(
                self._stream(method, handler.stream_stream, caller), deserializer, handler.response_serializer
            )
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream, caller), deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(method, handler.unary_unary, caller), deserializer, handler.response_serializer
        )

    def _unary(
        self, method: str, behavior: Callable[[Any, Any], Awaitable[Any]], caller: Caller
    ) -> Callable[[Any, Any], Any]:
        async def call(request: Any, context: Any) -> Any:
            async with self._observed(method, request, context, caller):
                _check(request)
                return await behavior(request, context)

        return call

    def _stream(
        self, method: str, behavior: Callable[[Any, Any], AsyncIterator[Any]], caller: Caller
    ) -> Callable[[Any, Any], Any]:
        async def call(request: Any, context: Any) -> AsyncIterator[Any]:
            async with self._observed(method, request, context, caller):
                _check(request)
                parts = behavior(request if not hasattr(request, "__aiter__") else _checked(request), context)
                try:
                    async for part in parts:
                        yield part
                finally:
                    await parts.aclose()  # type: ignore[attr-defined]  # servicers write them as generators

        return call

    @asynccontextmanager
    async def _observed(self, path: str, request: Any, context: Any, caller: Caller) -> AsyncIterator[None]:
        span = self._tracer.start_call(path, context.invocation_metadata() or ())
        entered = tracing.enter(span)
        caller = with_certificate(caller, context)
        record = CallRecord(path.rsplit("/", 1)[-1], _name(request), time.monotonic(), caller)
        token = _current.set(record)
        in_flight = self._metrics.requests_in_flight.labels(record.method)
        in_flight.inc()
        span.annotate(request_id=record.request_id)
        task = asyncio.current_task()
        self._begin(task)
        try:
            context.set_trailing_metadata(_identity(record))
            with self._gate.hold(caller):
                yield
        except (asyncio.CancelledError, GeneratorExit) as ended:
            record.code = grpc.StatusCode.CANCELLED
            if task in self._ended and isinstance(ended, asyncio.CancelledError) and not context.cancelled():
                # At the end of a drain; without a status the caller would take it for a cancellation of its own.
                message = "this replica had to stop before the call was finished; try another one"
                await _abort(context, record, ShuttingDown(message))
            remaining = context.time_remaining()
            if remaining is not None and remaining <= 0:
                record.code, record.reason = grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE"
            raise
        except grpc.aio.AbortError:
            record.code = context.code()
            raise
        except Exception as error:
            await _abort(context, record, error)
        finally:
            self._finish(task)
            in_flight.dec()
            _reset(token)
            self._tell(record, span.trace_id)
            if record.reason:
                span.fail(record.reason)
            span.end(record.code.name)
            tracing.leave(entered)

    def _tell(self, record: CallRecord, trace_id: str) -> None:
        """Count a call that ended, and log it in one line."""
        seconds = time.monotonic() - record.started
        self._metrics.requests.labels(record.method, record.code.name).inc()
        self._metrics.request_duration_seconds.labels(record.method).observe(seconds)
        if record.reason:
            self._metrics.errors.labels(record.reason).inc()
        caller = record.caller
        self._log.info(
            "request",
            method=record.method,
            code=record.code.name,
            **({"reason": record.reason} if record.reason else {}),
            request_id=record.request_id,
            **({"caller": caller.name} if caller.name and caller is not ANYONE else {}),
            seconds=round(seconds, 4),
            **record.values,
            **({"trace_id": trace_id} if trace_id else {}),
        )

    def _begin(self, task: "asyncio.Task[Any] | None") -> None:
        if task is not None:
            self._under_way.add(task)
            self._is_idle.clear()

    def _finish(self, task: "asyncio.Task[Any] | None") -> None:
        if task is not None:
            self._under_way.discard(task)
            self._ended.discard(task)
            if not self._under_way:
                self._is_idle.set()


async def _abort(context: Any, record: CallRecord, error: Exception) -> NoReturn:
    """End a call with the status of an error.

    Raises:
        grpc.aio.AbortError: always.
    """
    status = to_status(error)
    record.code, record.reason = code_of(status), reason_of(error)
    if record.reason == "INTERNAL":
        log_bug(error, record.request_id)
    await context.abort(record.code, status.message, (*_identity(record), *trailing_metadata(error, status)))
    raise AssertionError("abort returned")


def _identity(record: CallRecord) -> tuple[tuple[str, str], ...]:
    return ((REQUEST_ID_KEY, record.request_id),)


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
