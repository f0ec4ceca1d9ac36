"""The parts of one streamed article, put together again and shown as they are complete."""

import time
from collections.abc import Sequence

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.errors import TriwireError, from_status
from triwire_client.failures import PARTIAL, describe, exit_code
from triwire_client.progress import ArticleProgress
from triwire_client.render import Renderer
from triwire_client.words import block_kind, language_name, summary_style

_SKIPPED = (article_pb2.BLOCK_KIND_RELATED_LINK, article_pb2.BLOCK_KIND_BOILERPLATE)


class ArticleRun:
    """Collects the parts of StreamProcessArticle.

    Args:
        targets: languages asked for.
        summaries: summaries asked for.
        kinds: names of the block kinds to translate; empty: all but related links and boilerplate.
        renderer: shows each translation and summary when it is complete; None: nothing is shown.
        target: address of the server, for messages.
    """

    def __init__(
        self,
        targets: Sequence[str],
        summaries: Sequence[article_service_pb2.SummaryOptions],
        kinds: Sequence[str],
        renderer: Renderer | None,
        target: str,
    ) -> None:
        self._targets = list(targets)
        self._wanted = [(summary.style, summary.target_language) for summary in summaries]
        self._kinds = {kind.replace("_", " ") for kind in kinds}
        self._renderer = renderer
        self._target = target
        self._begun = time.monotonic()
        self._started = article_service_pb2.ArticleStarted()
        self._blocks: dict[str, list[article_service_pb2.TranslatedBlock]] = {}
        self._translations: list[article_service_pb2.Translation] = []
        self._summaries: list[article_service_pb2.Summary] = []
        self._failures: list[TriwireError] = []
        self._usage = article_service_pb2.Usage()
        self.failure_lines: list[str] = []
        """What failed, a line each."""

    @property
    def part_names(self) -> list[str]:
        """Names of what is awaited, for a progress display."""
        return [_summary_name(*wanted) for wanted in self._wanted] + self._targets

    @property
    def exit_code(self) -> int:
        """0 if all is there, 1 if a part failed, the code of the first failure if nothing is there."""
        if not self._failures:
            return 0
        return PARTIAL if self._translations or self._summaries else exit_code(self._failures[0])

    def take(self, part: article_service_pb2.StreamProcessArticleResponse, progress: ArticleProgress) -> None:
        """Take the next part of the stream."""
        match part.WhichOneof("part"):
            case "started":
                self._started = part.started
                total = len(self._source_order())
                for target in self._targets:
                    progress.expect(target, total)
                for wanted in self._wanted:
                    progress.expect(_summary_name(*wanted), 1)
                with progress.paused():
                    self._show_source()
            case "block":
                block = part.block.block
                self._blocks.setdefault(part.block.target_language, []).append(block)
                progress.advance(part.block.target_language, block.block.text or block.block.inline_html)
            case "translation":
                translation = self._assembled(part.translation)
                self._translations.append(translation)
                progress.finish(translation.target_language)
                with progress.paused():
                    if self._renderer:
                        self._renderer.translation(translation)
            case "summary":
                self._summaries.append(part.summary)
                progress.finish(self._part_of(part.summary.style, part.summary.target_language))
                with progress.paused():
                    if self._renderer:
                        self._renderer.summary(part.summary)
            case "error":
                self._take_error(part.error)
                progress.finish(self._part_of(part.error.summary_style, part.error.target_language))
            case "usage":
                self._usage = part.usage
                with progress.paused():
                    self.show_unfinished()
                    if self._renderer:
                        self._renderer.usage(part.usage, time.monotonic() - self._begun)

    def show_unfinished(self) -> None:
        """Show what arrived of translations that were not completed; once, and nothing if all were."""
        for language, blocks in self._blocks.items():
            part = self._assembled(article_service_pb2.Translation(target_language=language), blocks)
            if self._renderer:
                self._renderer.translation(part, num_missing=len(self._source_order()) - len(blocks))
        self._blocks.clear()

    def response(self) -> article_service_pb2.ProcessArticleResponse:
        """What a unary call would have answered, in the order asked for, without the parts that failed."""
        targets = {target: index for index, target in enumerate(self._targets)}
        wanted = {self._part_of(*pair): index for index, pair in enumerate(self._wanted)}
        return article_service_pb2.ProcessArticleResponse(
            request_id=self._started.request_id,
            source=self._started.source,
            translations=sorted(self._translations, key=lambda made: targets.get(made.target_language, len(targets))),
            summaries=sorted(
                self._summaries,
                key=lambda made: wanted.get(self._part_of(made.style, made.target_language), len(wanted)),
            ),
            usage=self._usage,
        )

    def _source_order(self) -> dict[str, int]:
        """Index of each block that is translated."""
        wanted = [
            block.block_id
            for block in self._started.source.blocks
            if (block_kind(block.kind) in self._kinds if self._kinds else block.kind not in _SKIPPED)
        ]
        return {block_id: index for index, block_id in enumerate(wanted)}

    def _assembled(
        self,
        translation: article_service_pb2.Translation,
        blocks: Sequence[article_service_pb2.TranslatedBlock] | None = None,
    ) -> article_service_pb2.Translation:
        """A translation with its blocks, which came before it in any order."""
        if blocks is None:
            blocks = self._blocks.pop(translation.target_language, [])
        order = self._source_order()
        whole = article_service_pb2.Translation()
        whole.CopyFrom(translation)
        del whole.blocks[:]
        whole.blocks.extend(sorted(blocks, key=lambda block: order.get(block.block.block_id, len(order))))
        return whole

    def _part_of(self, style: article_service_pb2.SummaryStyle.ValueType, language: str) -> str:
        """Name of the part that an answer belongs to: a summary's language is empty in a request for the article's."""
        if not style:
            return language
        name = _summary_name(style, language)
        is_own = (style, language) not in self._wanted and language == self._started.source.language
        return _summary_name(style, "") if is_own else name

    def _take_error(self, failed: article_service_pb2.ArticleError) -> None:
        error = from_status(failed.status, self._started.request_id)
        what = language_name(failed.target_language)
        if failed.summary_style:
            what = f"summary ({_summary_name(failed.summary_style, failed.target_language)})"
        self._failures.append(error)
        self.failure_lines.append(f"{what}: {describe(error, self._target)}")

    def _show_source(self) -> None:
        if self._renderer is None:
            return
        source = self._started.source
        headline = next((b.text for b in source.blocks if b.kind == article_pb2.BLOCK_KIND_HEADLINE), "")
        num_skipped = sum(block.kind in _SKIPPED for block in source.blocks)
        notes = [language_name(source.language), f"{len(source.blocks)} blocks"]
        if num_skipped:
            notes.append(f"{num_skipped} of them boilerplate or links to other stories")
        self._renderer.heading(headline or "Article without a headline", *notes)


def _summary_name(style: article_service_pb2.SummaryStyle.ValueType, language: str) -> str:
    return f"{summary_style(style)}:{language}" if language else summary_style(style)
