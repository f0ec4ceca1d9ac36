"""Where the time of a call goes, as traces tell it. Knows no tracing library: `otel_tracing` does.

Off, which is the default, everything here does nothing, and no tracing library is imported. Names of attributes and
spans are fixed words, values are ids, languages, numbers and reasons: never text of an article.

The span of a call, and those within it, are found through a context variable, so that `with phase("checks"):` finds
its place in any coroutine or thread (`asyncio.to_thread`) that works for the call.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar, Token

from triwire_server.errors import reason_of

Value = str | int | float | Sequence[str]

_NOTHING = nullcontext()


class Span:
    """A stretch of work. This one is not recorded: traces are off, or the call is not sampled."""

    is_recorded = False
    trace_id = ""
    """32 hexadecimal digits; empty if the span is not recorded."""

    def annotate(self, **values: Value) -> None:
        """Set attributes; each name is prefixed with "triwire."."""

    def add(self, **counts: int) -> None:
        """Add to attributes that count something."""

    def child(self, name: str) -> "Span":
        """A span within this one, which begins now."""
        return self

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count the time of a block as part of a phase; see `phase`."""
        return _NOTHING

    def record(self, name: str, start: float, end: float, under: str = "") -> None:
        """Count a stretch of time, in monotonic seconds, as part of a phase.

        Args:
            name: of the phase.
            start: when it began.
            end: when it ended.
            under: name of the phase that it is a part of; empty: of the span itself.
        """

    def fail(self, reason: str) -> None:
        """Note that the work failed, and why, by the contract's name."""

    def end(self, code: str = "") -> None:
        """End the span, and give away what it recorded.

        Args:
            code: name of the gRPC status of a call; empty for a span within a call.
        """


class Tracer:
    """Begins the spans of calls. This one begins none: traces are off."""

    def start_call(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> Span:
        """The span of a call, which goes on with the caller's trace if there is one.

        Args:
            method: "/package.Service/Method".
            metadata: of the call.
        """
        return NO_SPAN

    def stop(self) -> None:
        """Send what is left, for some seconds at most. Blocks."""


NO_SPAN = Span()
_current: ContextVar[Span] = ContextVar("triwire_span", default=NO_SPAN)


def current_span() -> Span:
    """The span that this coroutine or thread works for."""
    return _current.get()


def enter(span: Span) -> Token[Span]:
    """Let a span be the current one, until `leave`."""
    return _current.set(span)


def leave(token: Token[Span]) -> None:
    """Let the span be the current one that was so before `enter`."""
    # A generator that was not exhausted is closed in another context, whose variable was never set.
    with suppress(ValueError):
        _current.reset(token)


@contextmanager
def span(name: str, **values: Value) -> Iterator[Span]:
    """A span within the current one for what happens in a block; bounded work alone, such as one output of a call."""
    outer = _current.get()
    inner = outer.child(name)
    if inner is outer:
        yield inner
        return
    inner.annotate(**values)
    token = enter(inner)
    try:
        yield inner
    except BaseException as error:
        inner.fail(reason_of(error))
        raise
    finally:
        leave(token)
        inner.end()


def phase(name: str) -> AbstractContextManager[None]:
    """Count the time of a block as part of a phase of the current span.

    A span has one phase of a name, however often it is entered, also at the same time: from the first start to the last
    end, with the number of times and their sum. So a trace does not grow with the length of an article.
    """
    return _current.get().phase(name)
