"""`process`: one streamed article with callbacks, and the whole result at the end.

The same for both clients: they differ in how they read the stream and how they call back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.article_parts import ArticleParts
from triwire_client.errors import TriwireError
from triwire_client.results import Result, SummaryText, TextBlock
from triwire_client.results.texts import make_block


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a `process` is. The first one comes with the source, as soon as it is known how much there is to do."""

    done: int
    """Translated blocks and summaries that are there, or will not come because they failed."""

    total: int
    """Blocks of all translations and summaries that were asked for."""


BlockCallback: TypeAlias = Callable[[TextBlock], object]
SummaryCallback: TypeAlias = Callable[[SummaryText], object]
ProgressCallback: TypeAlias = Callable[[Progress], object]


class Processing:
    """What comes of one article, and whom to tell.

    Args:
        request: what was asked for.
        on_block, on_summary, on_progress: see `Client.process`.
    """

    def __init__(
        self,
        request: article_service_pb2.ProcessArticleRequest,
        on_block: BlockCallback | None,
        on_summary: SummaryCallback | None,
        on_progress: ProgressCallback | None,
    ) -> None:
        self._parts = ArticleParts(request)
        self._on_block = on_block
        self._on_summary = on_summary
        self._on_progress = on_progress
        self._source: dict[str, article_pb2.Block] = {}
        self._num_blocks = 0
        self._done = 0
        self._done_in: dict[str, int] = {}

    def take(self, part: article_service_pb2.StreamProcessArticleResponse) -> Iterator[object]:
        """Take the next part of the stream and make the calls that it leads to; gives what they return, in turn."""
        self._parts.take(part)
        match part.WhichOneof("part"):
            case "started":
                self._source = {block.block_id: block for block in part.started.source.blocks}
                self._num_blocks = len(self._parts.wanted_blocks())
                yield from self._advance(0)
            case "block":
                language = part.block.target_language
                self._done_in[language] = self._done_in.get(language, 0) + 1
                if self._on_block:
                    yield self._on_block(make_block(part.block.block, language, self._source))
                yield from self._advance(1)
            case "summary":
                if self._on_summary:
                    yield self._on_summary(SummaryText(part.summary, self._source))
                yield from self._advance(1)
            case "error" if part.error.summary_style:
                yield from self._advance(1)
            case "error":
                yield from self._advance(self._num_blocks - self._done_in.get(part.error.target_language, 0))

    def _advance(self, steps: int) -> Iterator[object]:
        self._done += steps
        if self._on_progress:
            total = self._num_blocks * len(self._parts.targets) + self._parts.num_summaries
            yield self._on_progress(Progress(self._done, total))

    def result(self) -> Result:
        """The whole.

        Raises:
            TriwireError: the first failure of a translation or summary, with what is complete as its `partial`.
        """
        if not self._parts.failures:
            return Result(self._parts.response())
        (_, first), *others = self._parts.failures
        for failed, error in others:
            first.add_note(f"{self._parts.name_of(failed.summary_style, failed.target_language)} failed too: {error}")
        with self.reading():
            raise first

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While the stream is read: its failure carries what was complete before."""
        try:
            yield
        except TriwireError as error:
            if self._parts.started.HasField("source"):
                error.partial = Result(self._parts.response())
            raise
