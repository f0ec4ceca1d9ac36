"""One streamed article as the `triwire` command shows it, part by part."""

import time
from collections.abc import AsyncIterable

from rich.console import Console

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.article_parts import ArticleParts, summary_name
from triwire_client.failures import PARTIAL, describe, exit_code
from triwire_client.progress import ArticleProgress
from triwire_client.render import Renderer
from triwire_client.review.bodies import body_of
from triwire_client.words import BESIDE_THE_ARTICLE, language_name


class ArticleRun:
    """Shows the parts of StreamProcessArticle as they are complete.

    Args:
        request: what was asked for.
        renderer: shows each translation and summary when it is complete; None: nothing is shown.
        target: address of the server, for messages.
    """

    def __init__(
        self, request: article_service_pb2.ProcessArticleRequest, renderer: Renderer | None, target: str
    ) -> None:
        self.parts = ArticleParts(request)
        self._renderer = renderer
        self._target = target
        self._begun = time.monotonic()
        self.failure_lines: list[str] = []
        """What failed, a line each."""

    @property
    def exit_code(self) -> int:
        """0 if all is there, 1 if a part failed, the code of the first failure if nothing is there."""
        if not self.parts.failures:
            return 0
        has_some = self.parts.translations or self.parts.summaries
        return PARTIAL if has_some else exit_code(self.parts.failures[0][1])

    async def follow(
        self,
        parts: AsyncIterable[article_service_pb2.StreamProcessArticleResponse],
        console: Console,
        *,
        is_quiet: bool = False,
    ) -> None:
        """Take all parts of the stream; however it ends, what arrived is shown.

        Args:
            parts: of the article.
            console: standard error, for how far it is.
            is_quiet: do not show that.
        """
        with ArticleProgress(console, self.parts.names, is_quiet=is_quiet) as progress:
            try:
                async for part in parts:
                    self._take(part, progress)
            finally:
                with progress.paused():
                    self._show_unfinished()

    def _take(self, part: article_service_pb2.StreamProcessArticleResponse, progress: ArticleProgress) -> None:
        parts = self.parts
        parts.take(part)
        match part.WhichOneof("part"):
            case "started":
                total = len(parts.wanted_blocks())
                for name in parts.names:
                    progress.expect(name, total if name in parts.targets else 1)
                with progress.paused():
                    self._show_source()
            case "block":
                progress.advance(part.block.target_language, body_of(part.block.block.block))
            case "translation":
                progress.finish(part.translation.target_language)
                with progress.paused():
                    if self._renderer:
                        self._renderer.translation(parts.translations[-1])
            case "summary":
                progress.finish(parts.name_of(part.summary.style, part.summary.target_language))
                with progress.paused():
                    if self._renderer:
                        self._renderer.summary(part.summary)
            case "error":
                self._take_error(part.error)
                progress.finish(parts.name_of(part.error.summary_style, part.error.target_language))
            case "usage":
                with progress.paused():
                    self._show_unfinished()
                    if self._renderer:
                        self._renderer.usage(part.usage, time.monotonic() - self._begun)

    def _show_unfinished(self) -> None:
        """Show what arrived of translations that were not completed; once, and nothing if all were."""
        for language, blocks in self.parts.blocks.items():
            part = self.parts.assembled(article_service_pb2.Translation(target_language=language), blocks)
            if self._renderer:
                num_missing = len(self.parts.wanted_blocks()) - len(blocks)
                self._renderer.translation(part, num_missing=num_missing)
        self.parts.blocks.clear()

    def _take_error(self, failed: article_service_pb2.ArticleError) -> None:
        _, error = self.parts.failures[-1]
        what = language_name(failed.target_language)
        if failed.summary_style:
            what = f"summary ({summary_name(failed.summary_style, failed.target_language)})"
        self.failure_lines.append(f"{what}: {describe(error, self._target)}")

    def _show_source(self) -> None:
        if self._renderer is None:
            return
        source = self.parts.started.source
        headline = next((b.text for b in source.blocks if b.kind == article_pb2.BLOCK_KIND_HEADLINE), "")
        num_skipped = sum(block.kind in BESIDE_THE_ARTICLE for block in source.blocks)
        notes = [language_name(source.language), f"{len(source.blocks)} blocks"]
        if num_skipped:
            notes.append(f"{num_skipped} of them boilerplate or links to other stories")
        self._renderer.heading(headline or "Article without a headline", *notes)
