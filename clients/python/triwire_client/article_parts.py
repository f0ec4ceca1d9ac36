"""The parts of one streamed article, put together again in the order that was asked for."""

from collections.abc import Sequence

from triwire.v1 import article_service_pb2
from triwire_client.errors import TriwireError, from_status
from triwire_client.words import BESIDE_THE_ARTICLE, summary_style


class ArticleParts:
    """Collects the parts of StreamProcessArticle.

    Args:
        request: what was asked for.

    Attributes:
        targets: languages asked for.
        started: the first part: the source.
        blocks: of translations that are not complete, in the order in which they came.
        translations, summaries: that are complete.
        failures: what the server could not do, with its error.
        usage: what it cost; the last part, None before it.
    """

    def __init__(self, request: article_service_pb2.ProcessArticleRequest) -> None:
        self.targets = list(request.target_languages)
        self._wanted = [(summary.style, summary.target_language) for summary in request.summaries]
        self._kinds = frozenset(request.translation_options.block_kinds)
        self.started = article_service_pb2.ArticleStarted()
        self.blocks: dict[str, list[article_service_pb2.TranslatedBlock]] = {}
        self.translations: list[article_service_pb2.Translation] = []
        self.summaries: list[article_service_pb2.Summary] = []
        self.failures: list[tuple[article_service_pb2.ArticleError, TriwireError]] = []
        self.usage: article_service_pb2.Usage | None = None

    @property
    def num_summaries(self) -> int:
        """How many summaries were asked for."""
        return len(self._wanted)

    @property
    def names(self) -> list[str]:
        """Names of what is awaited: "bullets", "headline:ja", "ko"."""
        return [summary_name(*wanted) for wanted in self._wanted] + self.targets

    def take(self, part: article_service_pb2.StreamProcessArticleResponse) -> None:
        """Take the next part of the stream."""
        match part.WhichOneof("part"):
            case "started":
                self.started = part.started
            case "block":
                self.blocks.setdefault(part.block.target_language, []).append(part.block.block)
            case "translation":
                blocks = self.blocks.pop(part.translation.target_language, [])
                self.translations.append(self.assembled(part.translation, blocks))
            case "summary":
                self.summaries.append(part.summary)
            case "error":
                self.failures.append((part.error, from_status(part.error.status, self.started.request_id)))
            case "usage":
                self.usage = part.usage

    def wanted_blocks(self) -> dict[str, int]:
        """The ids of the blocks that are translated, and their places in the order of the article."""
        wanted = [
            block.block_id
            for block in self.started.source.blocks
            if (block.kind in self._kinds if self._kinds else block.kind not in BESIDE_THE_ARTICLE)
        ]
        return {block_id: index for index, block_id in enumerate(wanted)}

    def assembled(
        self, translation: article_service_pb2.Translation, blocks: Sequence[article_service_pb2.TranslatedBlock]
    ) -> article_service_pb2.Translation:
        """A translation with its blocks, which came before it in any order."""
        order = self.wanted_blocks()
        whole = article_service_pb2.Translation()
        whole.CopyFrom(translation)
        del whole.blocks[:]
        whole.blocks.extend(sorted(blocks, key=lambda block: order.get(block.block.block_id, len(order))))
        return whole

    def response(self) -> article_service_pb2.ProcessArticleResponse:
        """What a unary call would have answered, in the order asked for, without what is not complete."""
        targets = {target: index for index, target in enumerate(self.targets)}
        wanted = {self.name_of(*pair): index for index, pair in enumerate(self._wanted)}
        return article_service_pb2.ProcessArticleResponse(
            request_id=self.started.request_id,
            source=self.started.source,
            translations=sorted(self.translations, key=lambda made: targets.get(made.target_language, len(targets))),
            summaries=sorted(
                self.summaries, key=lambda made: wanted.get(self.name_of(made.style, made.target_language), len(wanted))
            ),
            usage=self.usage,
        )

    def name_of(self, style: article_service_pb2.SummaryStyle.ValueType, language: str) -> str:
        """Name of what an answer belongs to: a summary's language is empty in a request for the article's."""
        if not style:
            return language
        is_own = (style, language) not in self._wanted and language == self.started.source.language
        return summary_name(style, "" if is_own else language)


def summary_name(style: article_service_pb2.SummaryStyle.ValueType, language: str) -> str:
    """What a summary is called: "bullets", or "bullets:ja" in a language that was asked for."""
    return f"{summary_style(style)}:{language}" if language else summary_style(style)
