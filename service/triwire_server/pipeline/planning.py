"""What is to be made of one article: it is read once, and every output is planned before any model runs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.errors import InvalidRequest, Violation
from triwire_server.limits import Limits
from triwire_server.pipeline.article import cleaning_of, read_article
from triwire_server.pipeline.house_terms import TermsCache
from triwire_server.pipeline.summarize import Summarizer, SummaryPlan
from triwire_server.pipeline.translate import DirectionUnsupported, TranslationPlan, Translator
from triwire_server.telemetry import tracing
from triwire_server.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class ArticlePlan:
    """An article and all that is to be made of it."""

    article: article_pb2.Article
    content: article_pb2.Content
    translations: Sequence[TranslationPlan]
    summaries: Sequence[SummaryPlan]
    keeps_html: bool

    @property
    def estimated_tokens(self) -> int:
        """Tokens the models will read and write for all outputs, roughly."""
        translations = sum(plan.estimated_tokens for plan in self.translations)
        return translations + sum(plan.estimated_tokens for plan in self.summaries)


class Planner:
    """Plans the outputs of articles. Pure computation that may take milliseconds: it has a thread of the pool.

    Args:
        translator: plans translations.
        summarizer: plans summaries.
        metrics: count what was read.
        limits: of the deployment.
    """

    def __init__(self, translator: Translator, summarizer: Summarizer, metrics: Metrics, limits: Limits) -> None:
        self._translator = translator
        self._summarizer = summarizer
        self._metrics = metrics
        self._limits = limits
        self._terms = TermsCache()

    def read(
        self, content: article_pb2.Content, default_cleaning: article_pb2.Cleaning.ValueType
    ) -> article_pb2.Article:
        """Content as an article, counted.

        Raises:
            InvalidRequest: see `read_article`.
        """
        article = read_article(content, default_cleaning, self._limits)
        self._metrics.extractions.labels(content.WhichOneof("kind") or "text").inc()
        for kind, number in Counter(block.kind for block in article.blocks).items():
            self._metrics.extracted_blocks.labels(article_pb2.BlockKind.Name(kind)).inc(number)
        return article

    def plan_article(self, request: article_service_pb2.ProcessArticleRequest) -> ArticlePlan:
        """All that a ProcessArticleRequest asks for; see `plan`."""
        return self.plan(
            request,
            article_pb2.CLEANING_PAGE,
            [f"target_languages[{index}]" for index in range(len(request.target_languages))],
            [f"summaries[{index}].target_language" for index in range(len(request.summaries))],
        )

    def plan(
        self,
        request: article_service_pb2.ProcessArticleRequest,
        default_cleaning: article_pb2.Cleaning.ValueType,
        translation_paths: Sequence[str],
        summary_paths: Sequence[str],
    ) -> ArticlePlan:
        """Read the article and plan every output.

        Args:
            request: names the outputs.
            default_cleaning: what CLEANING_UNSPECIFIED means for the method.
            translation_paths: the field that names the target of each translation, for errors.
            summary_paths: the same for each summary.

        Raises:
            InvalidRequest: see `read_article`; or all directions that are not served.
            NotFound: MODEL_NOT_FOUND.
        """
        with tracing.phase("extract"):
            article = self.read(request.content, default_cleaning)
        with tracing.phase("plan"):
            translations, summaries = self._plan_outputs(request, article, translation_paths, summary_paths)
        tracing.current_span().annotate(
            source_language=article.language,
            target_languages=list(request.target_languages),
            blocks=len(article.blocks),
        )
        cleaning = cleaning_of(request.content, default_cleaning)
        keeps_html = request.content.WhichOneof("kind") == "html" and cleaning == article_pb2.CLEANING_NONE
        return ArticlePlan(article, request.content, translations, summaries, keeps_html)

    def _plan_outputs(
        self,
        request: article_service_pb2.ProcessArticleRequest,
        article: article_pb2.Article,
        translation_paths: Sequence[str],
        summary_paths: Sequence[str],
    ) -> tuple[list[TranslationPlan], list[SummaryPlan]]:
        violations: list[Violation] = []
        terms = self._terms.terms_of(request.house_style)
        translations = []
        summaries = []
        for path, language in zip(translation_paths, request.target_languages, strict=True):
            try:
                translations.append(
                    self._translator.plan(article, language, request.translation_options, request.house_style, terms)
                )
            except DirectionUnsupported as error:
                violations.append(_unsupported(path, error))
        for path, options in zip(summary_paths, request.summaries, strict=True):
            try:
                summaries.append(self._summarizer.plan(article, options, request.house_style, terms))
            except DirectionUnsupported as error:
                violations.append(_unsupported(path, error))
        if violations:
            raise InvalidRequest(violations)
        return translations, summaries


def _unsupported(path: str, error: DirectionUnsupported) -> Violation:
    metadata = {"source": error.source, "target": error.target}
    return Violation(path, f"translation or summary {error}", "LANGUAGE_UNSUPPORTED", metadata)
