"""One article over as many streams as it takes: no part is given twice."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import grpc
from grpc.aio import EOF  # type: ignore[attr-defined]  # missing in the published stubs

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.connection import translated
from triwire_client.errors import TriwireError, UnavailableError
from triwire_client.retry import Attempts

_Part = article_service_pb2.StreamProcessArticleResponse


async def run_article_stream(
    open_stream: Callable[[article_service_pb2.StreamProcessArticleRequest, float | None], Any],
    request: article_service_pb2.StreamProcessArticleRequest,
    attempts: Attempts,
) -> AsyncGenerator[_Part, None]:
    """Parts of an article; see `Client.stream_process_article`.

    Args:
        open_stream: opens a stream for a request, given the seconds that are left.
        request: to process; a broken stream is opened again under the request id of the first one.
        attempts: of this call. A part that is new makes their count start anew.

    Raises:
        TriwireError: the last stream's failure; the first one's if another replica reads the article differently.
    """
    given = _Given()
    first_failure: TriwireError | None = None
    while True:
        stream = open_stream(request, attempts.begin())
        failure: TriwireError = UnavailableError(
            "the stream ended before its last part", code=grpc.StatusCode.UNAVAILABLE
        )
        is_other = False
        try:
            while (part := await translated(stream.read())) is not EOF:
                if is_other := given.is_other(part):
                    break
                if given.add(part):
                    attempts.note_progress()
                    request.request.request_id = given.request_id
                    yield part
        except TriwireError as error:
            failure = error
        finally:
            stream.cancel()
        if given.is_complete:
            return
        if is_other and first_failure is not None:
            first_failure.add_note("not gone on with: another replica reads the article differently")
            raise first_failure
        first_failure = first_failure or failure
        await attempts.wait(failure)


class _Given:
    """Which parts of an article the caller has."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, ...]] = set()
        self._source: article_pb2.Article | None = None
        self.request_id = ""

    @property
    def is_complete(self) -> bool:
        return ("usage",) in self._keys

    def is_other(self, part: _Part) -> bool:
        """Whether a part begins another article than the one to whose blocks the parts so far belong.

        Another version of the server may make another article of the same text.
        """
        is_started = part.WhichOneof("part") == "started"
        return is_started and self._source is not None and part.started.source != self._source

    def add(self, part: _Part) -> bool:
        """Note a part; False if the caller has it, or was told that it failed."""
        if part.WhichOneof("part") == "started" and self._source is None:
            self._source = part.started.source
            self.request_id = part.started.request_id
        key = self._key(part)
        if key in self._keys or (key[0] == "block" and ("translation", key[1]) in self._keys):
            return False
        self._keys.add(key)
        return True

    def _key(self, part: _Part) -> tuple[str, ...]:
        match part.WhichOneof("part"):
            case "block":
                return "block", part.block.target_language, part.block.block.block.block_id
            case "translation":
                return "translation", part.translation.target_language
            case "summary":
                return self._summary_key(part.summary.style, part.summary.target_language)
            case "error" if part.error.summary_style:
                return self._summary_key(part.error.summary_style, part.error.target_language)
            case "error":
                return "translation", part.error.target_language
            case name:
                return (str(name),)

    def _summary_key(self, style: article_service_pb2.SummaryStyle.ValueType, language: str) -> tuple[str, ...]:
        # The language of an error is that of the request, where empty means the article's.
        if not language and self._source is not None:
            language = self._source.language
        return "summary", str(style), language
