"""What a result is made of: the article, its translations and its summaries, each with its text in several forms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.results.findings import Blocks, ResultFinding, of_block, of_summary, of_translation
from triwire_client.results.html import blocks_to_html, points_to_html
from triwire_client.results.markdown import block_text, blocks_to_markdown, blocks_to_text, points_to_markdown
from triwire_client.words import BESIDE_THE_ARTICLE, block_kind, summary_style


@dataclass(frozen=True, slots=True, repr=False)
class TextBlock:
    """A block of the article or of a translation: a headline, a paragraph, a caption. `str()` gives its text."""

    message: article_pb2.Block
    """As the contract has it."""

    language: str
    """Of its text."""

    findings: tuple[ResultFinding, ...] = ()
    """What is doubtful in it; the blocks of the article have none."""

    @property
    def block_id(self) -> str:
        """Identity in the article; a translated block has that of its source."""
        return self.message.block_id

    @property
    def kind(self) -> str:
        """What it is to a reader: "headline", "standfirst", "paragraph", "subheading", "quote", "list_item", ..."""
        return block_kind(self.message.kind).replace(" ", "_")

    @property
    def text(self) -> str:
        """What a reader sees of it, without markup."""
        return block_text(self.message)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<TextBlock {self.block_id} {self.kind} {self.language}>"


class _Text:
    """A text in one language, made of blocks."""

    language: str

    def __init__(self, language: str, blocks: Sequence[TextBlock], shown: Sequence[article_pb2.Block]) -> None:
        self.language = language
        self.blocks = tuple(blocks)
        self._shown = shown

    @property
    def title(self) -> str:
        """The headline's text; empty if there is none."""
        return next((block.text for block in self.blocks if block.kind == "headline"), "")

    @property
    def text(self) -> str:
        """Plain text: a paragraph for each block, with an empty line between them."""
        return blocks_to_text(self._shown)

    def to_markdown(self) -> str:
        """CommonMark: the kinds of blocks as headings, quotes and lists; the text's own characters are escaped."""
        return blocks_to_markdown(self._shown)

    def to_html(self) -> str:
        """An `<article>` with its language and an element for each block; text is escaped."""
        return blocks_to_html(self._shown, self.language)

    def __iter__(self) -> Iterator[TextBlock]:
        return iter(self.blocks)

    def __len__(self) -> int:
        return len(self.blocks)

    def __getitem__(self, block_id: str) -> TextBlock:
        for block in self.blocks:
            if block.block_id == block_id:
                return block
        raise KeyError(block_id)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.language}, {len(self.blocks)} blocks>"


class ArticleText(_Text):
    """The article as it was read: labelled blocks, to iterate over or to look up by id. `str()` gives its text.

    `blocks` has all of them. `text`, `to_markdown` and `to_html` leave out what is no part of the article: related
    links and boilerplate.

    Attributes:
        message: the contract's Article.
        language: of the article.
        blocks: in reading order.
    """

    def __init__(self, message: article_pb2.Article) -> None:
        self.message = message
        shown = [block for block in message.blocks if block.kind not in BESIDE_THE_ARTICLE]
        blocks = [TextBlock(block, block.language or message.language) for block in message.blocks]
        super().__init__(message.language, blocks, shown)


class TranslationText(_Text):
    """A translation: blocks to iterate over or to look up by id. `str()` gives its text.

    Attributes:
        message: the contract's Translation; its `html` is translated HTML input.
        language: translated into.
        source_language: translated from.
        blocks: with the ids of the source blocks, and the findings of each.
        findings: of the translation as a whole and of its blocks.
        models: that wrote it, "name@version".
    """

    def __init__(self, message: article_service_pb2.Translation, source: Blocks) -> None:
        self.message = message
        self.source_language = message.source_language
        self.findings = tuple(of_translation(message, source))
        self.models = tuple(message.models)
        blocks = [make_block(block, message.target_language, source) for block in message.blocks]
        super().__init__(message.target_language, blocks, [block.block for block in message.blocks])


class SummaryText:
    """A summary. `str()` gives its text.

    Attributes:
        message: the contract's Summary; its points name the blocks that they rest on.
        style: "headline", "bullets" or "paragraph".
        language: of the summary.
        points: its statements, plain text.
        findings: of the summary as a whole and of its statements.
        models: that wrote it, "name@version".
    """

    def __init__(self, message: article_service_pb2.Summary, source: Blocks) -> None:
        self.message = message
        self.style = summary_style(message.style)
        self.language = message.target_language
        self.points = tuple(point.text for point in message.points)
        self.findings = tuple(of_summary(message, source))
        self.models = tuple(message.models)

    @property
    def text(self) -> str:
        """A line for each statement."""
        return "\n".join(self.points)

    def to_markdown(self) -> str:
        """CommonMark: a list of bullets, or a paragraph for each statement; the text's own characters are escaped."""
        return points_to_markdown(self.points, self.style)

    def to_html(self) -> str:
        """A `ul` of bullets, or a `p` for each statement, with the language; text is escaped."""
        return points_to_html(self.points, self.style, self.language)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<SummaryText {self.style} {self.language}, {len(self.points)} statements>"


def make_block(block: article_service_pb2.TranslatedBlock, target_language: str, source: Blocks) -> TextBlock:
    """A translated block with its findings."""
    language = block.block.language or target_language
    return TextBlock(block.block, language, tuple(of_block(block, target_language, source)))
