"""A result as people use it: texts, findings, tables and pages around the contract's message."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from triwire.v1 import article_pb2, article_service_pb2, glossary_service_pb2
from triwire_client.results.findings import ResultFinding, worst
from triwire_client.results.notebook import write_notebook
from triwire_client.results.texts import ArticleText, SummaryText, TranslationText
from triwire_client.review import Reviewable, as_processed, review_page

if TYPE_CHECKING:
    import pandas

ResultLike: TypeAlias = Reviewable | article_service_pb2.ExtractArticleResponse


class Result:
    """A processed article: its texts, findings and cost. `process` returns one; any other response can be wrapped.

    It compares, copies and pickles by its message, and shows itself in notebooks.

    Args:
        response: of `process_article`, `translate`, `summarize` or `extract_article`.
        source: the article that was sent, where the response does not repeat it: `translate`, `summarize` and
            `process_article` leave out one that was sent as blocks and needed no change.

    Raises:
        TypeError: the response is of another call.

    Examples:
        >>> from triwire_client import Result, SyncClient
        >>> with SyncClient() as triwire:
        ...     result = Result(triwire.translate("The harbour opened again.", "ko", source_language="en"))
        >>> list(result.translations)
        ['ko']
        >>> result.article.text
        'The harbour opened again.'
    """

    def __init__(self, response: ResultLike, *, source: article_pb2.Article | None = None) -> None:
        message = article_service_pb2.ProcessArticleResponse()
        if isinstance(response, article_service_pb2.ExtractArticleResponse):
            message.request_id = response.request_id
            message.source.CopyFrom(response.article)
        elif isinstance(response, Reviewable):
            message.CopyFrom(as_processed(response))
        else:  # callers without a type checker
            raise TypeError(f"a result is made of a response with a text, not of {type(response).__name__}")
        if source is not None and not message.source.blocks:
            message.source.CopyFrom(source)
        self._message = message

    @property
    def message(self) -> article_service_pb2.ProcessArticleResponse:
        """All of it as the contract has it. Not to be changed: what was read from it before would stay as it was."""
        return self._message

    @property
    def request_id(self) -> str:
        """Under which the server logged the call."""
        return self._message.request_id

    @property
    def usage(self) -> article_service_pb2.Usage:
        """What it cost."""
        return self._message.usage

    @cached_property
    def article(self) -> ArticleText:
        """The article that all ids and ranges refer to."""
        return ArticleText(self._message.source)

    @cached_property
    def translations(self) -> dict[str, TranslationText]:
        """Each translation under its target language, in the order of the request."""
        blocks = self._source_blocks
        return {made.target_language: TranslationText(made, blocks) for made in self._message.translations}

    @cached_property
    def summaries(self) -> tuple[SummaryText, ...]:
        """The summaries, in the order of the request."""
        return tuple(SummaryText(made, self._source_blocks) for made in self._message.summaries)

    @cached_property
    def findings(self) -> tuple[ResultFinding, ...]:
        """Every doubt, flat: those of the summaries, then those of each translation."""
        outputs: list[SummaryText | TranslationText] = [*self.summaries, *self.translations.values()]
        return tuple(finding for output in outputs for finding in output.findings)

    @property
    def text(self) -> str:
        """The text of the one thing that was asked for: the translation or summary, or the article if there is none.

        Raises:
            ValueError: there are several.
        """
        outputs: list[SummaryText | TranslationText] = [*self.translations.values(), *self.summaries]
        if len(outputs) > 1:
            names = [f"translations[{language!r}]" for language in self.translations]
            names += [f"summaries[{index}]" for index in range(len(self.summaries))]
            raise ValueError(f"the result has several texts; take the .text of one of {', '.join(names)}")
        return outputs[0].text if outputs else self.article.text

    def to_markdown(self, language: str = "") -> str:
        """A translation or the article as Markdown (CommonMark).

        Args:
            language: of the translation, or of the article; empty: of the one translation, or the article if there
                is none.

        Raises:
            ValueError: there is no text in that language, or there are several translations and no language is named.
        """
        return self._in(language).to_markdown()

    def to_html(self, language: str = "") -> str:
        """A translation or the article as an HTML `<article>`; text is escaped.

        Args:
            language: see `to_markdown`.

        Raises:
            ValueError: see `to_markdown`.
        """
        return self._in(language).to_html()

    def to_review_page(
        self,
        *,
        models: Iterable[article_service_pb2.Model] = (),
        terms: Iterable[glossary_service_pb2.GlossaryTerm] = (),
    ) -> str:
        """The page on which an editor reads the result against its source; see `review_page`.

        Args:
            models: from `list_models`, for the licenses of those that the result names.
            terms: of the glossaries that were used; they are marked in both texts.

        Raises:
            ValueError: the article is not there; give it as `source` when the result is made.
        """
        return review_page(self._message, models=models, terms=terms)

    def to_pandas(self) -> "pandas.DataFrame":
        """A row for each block of the article and of each translation.

        Columns: block_id, kind, language, is_source, text, findings (how many), severity (of the worst; empty if
        there are none). `pandas.DataFrame(result.findings)` has the findings themselves.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            if error.name != "pandas":
                raise
            raise ModuleNotFoundError("to_pandas needs pandas: pip install pandas", name="pandas") from error
        texts: list[ArticleText | TranslationText] = [self.article, *self.translations.values()]
        rows = [
            {
                "block_id": block.block_id,
                "kind": block.kind,
                "language": block.language,
                "is_source": text is self.article,
                "text": block.text,
                "findings": len(block.findings),
                "severity": worst(block.findings),
            }
            for text in texts
            for block in text
        ]
        columns = ["block_id", "kind", "language", "is_source", "text", "findings", "severity"]
        return pandas.DataFrame(rows, columns=columns)

    def __eq__(self, other: object) -> bool:
        return self._message == other._message if isinstance(other, Result) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as the message: it can be changed

    def __reduce__(self) -> tuple[type["Result"], tuple[article_service_pb2.ProcessArticleResponse]]:
        return type(self), (self._message,)

    def __repr__(self) -> str:
        """What there is, without any text: it may end in a log."""
        languages = " -> ".join(filter(None, [self.article.language, ", ".join(self.translations)]))
        parts = [f"{languages}, {len(self.article)} blocks"]
        if self.summaries:
            parts.append(f"summaries: {', '.join(made.style for made in self.summaries)}")
        return f"<Result {'; '.join([*parts, f'{len(self.findings)} findings'])}>"

    def _repr_html_(self) -> str:
        return write_notebook(self.article, list(self.translations.values()), self.summaries)

    @property
    def _source_blocks(self) -> dict[str, article_pb2.Block]:
        return {block.block_id: block for block in self._message.source.blocks}

    def _in(self, language: str) -> ArticleText | TranslationText:
        texts: dict[str, ArticleText | TranslationText] = {**self.translations}
        if not language and len(texts) < 2:
            return next(iter(texts.values()), self.article)
        texts.setdefault(self.article.language, self.article)
        if language not in texts:
            problem = f"there is no text in {language!r}" if language else "there are several translations"
            raise ValueError(f"language: {problem}; name one of {', '.join(texts)}")
        return texts[language]
