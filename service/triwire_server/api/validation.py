"""Every rule of the contract that a request can break by itself; all violations are reported at once.

What depends on the text (its language, its length without boilerplate) is checked by the pipeline when it has read it;
what depends on stored glossaries (whether they exist, how many terms they hold), when these are read.
"""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from google.protobuf.message import Message

from triwire.v1 import article_pb2, article_service_pb2
from triwire_server.api.glossary_validation import name_violations, term_violations
from triwire_server.api.violations import SERVED_LANGUAGES, missing, refuse
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.errors import Violation, above_limit
from triwire_server.limits import (
    MAX_BULLETS,
    MAX_ID_CHARACTERS,
    MAX_REQUEST_TERMS,
    MAX_TAG_CHARACTERS,
    MESSAGE_ID,
    Limits,
)
from triwire_server.text.language import base_language

_BLOCK_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_ID_CHARACTERS}}}")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_INLINE_ELEMENTS = frozenset(
    ("a", "abbr", "b", "br", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u")
)
_MAX_CHARACTERS = 100_000
"""Largest max_characters that makes sense: no summary is longer than the longest article."""


class Validator:
    """Checks requests against the contract and the limits of a deployment."""

    def __init__(self, limits: Limits, catalog: ModelCatalog) -> None:
        self._limits = limits
        self._catalog = catalog

    def translate(self, request: article_service_pb2.TranslateRequest) -> None:
        """Raises InvalidRequest or NotFound."""
        refuse(
            *_request_id(request.request_id),
            *self._content(request, request.content),
            *_target_language(request.target_language, "target_language"),
            *self._house_style(request.house_style),
            *_block_kinds(request.options, "options"),
        )
        self._must_exist([request.options.model])

    def summarize(self, request: article_service_pb2.SummarizeRequest) -> None:
        """Raises InvalidRequest or NotFound."""
        refuse(
            *_request_id(request.request_id),
            *self._content(request, request.content),
            *self._house_style(request.house_style),
            *(_summary(request.options, "options") if request.HasField("options") else [missing("options")]),
        )
        self._must_exist([request.options.model])

    def extract_article(self, request: article_service_pb2.ExtractArticleRequest) -> None:
        """Raises InvalidRequest."""
        refuse(*_request_id(request.request_id), *self._content(request, request.content))

    def detect_language(self, request: article_service_pb2.DetectLanguageRequest) -> None:
        """Raises InvalidRequest. The language of the content is ignored, whatever it is."""
        refuse(*_request_id(request.request_id), *self._content(request, request.content, ignores_language=True))

    def process_article(self, request: article_service_pb2.ProcessArticleRequest, prefix: str = "") -> None:
        """Raises InvalidRequest or NotFound; paths begin with `prefix`."""
        found = [
            *_request_id(request.request_id),
            *self._content(request, request.content),
            *self._house_style(request.house_style),
            *self._target_languages(request),
            *_block_kinds(request.translation_options, "translation_options"),
            *self._summaries(request),
        ]
        refuse(*(_prefixed(violation, prefix) for violation in found))
        models = [request.translation_options.model, *(summary.model for summary in request.summaries)]
        self._must_exist(models)

    def item_id(self, item_id: str) -> None:
        """Raises InvalidRequest."""
        if not MESSAGE_ID.fullmatch(item_id):
            refuse(Violation("item_id", f"must be 1 to {MAX_ID_CHARACTERS} of [A-Za-z0-9._:-]"))

    def _content(
        self, request: Message, content: article_pb2.Content, *, ignores_language: bool = False
    ) -> Iterator[Violation]:
        if not request.HasField("content"):
            yield missing("content")
            return
        member = content.WhichOneof("kind")
        if member is None:
            yield missing("content", "one of text, html and article")
            return
        size = content.article.ByteSize() if member == "article" else len(getattr(content, member).encode())
        if size > self._limits.max_content_bytes:
            yield above_limit(f"content.{member}", "max_content_bytes", size, self._limits.max_content_bytes, "bytes")
        if member == "article":
            if content.language:
                yield Violation("content.language", "must be empty with article, which carries its own language")
            yield from self._article(content.article, ignores_language=ignores_language)
            return
        if not ignores_language:
            yield from _source_language(content.language, "content.language")
        yield from _no_nul(getattr(content, member), f"content.{member}")

    def _article(self, article: article_pb2.Article, *, ignores_language: bool) -> Iterator[Violation]:
        path = "content.article"
        if not ignores_language:
            yield from _source_language(article.language, f"{path}.language")
        if not article.blocks:
            yield missing(f"{path}.blocks")
        if len(article.blocks) > self._limits.max_blocks:
            yield above_limit(f"{path}.blocks", "max_blocks", len(article.blocks), self._limits.max_blocks, "blocks")
        has_ids = any(block.block_id for block in article.blocks)
        seen: dict[str, int] = {}
        headline: int | None = None
        for index, block in enumerate(article.blocks):
            here = f"{path}.blocks[{index}]"
            if has_ids:
                yield from _block_id(block.block_id, f"{here}.block_id", seen, index)
            if block.kind == article_pb2.BLOCK_KIND_HEADLINE:
                if headline is not None:
                    yield Violation(f"{here}.kind", f"is HEADLINE, as blocks[{headline}] is; there is one at most")
                headline = index
            if block.credit and block.kind != article_pb2.BLOCK_KIND_CAPTION:
                yield Violation(f"{here}.credit", "only a CAPTION has a credit")
            if block.language and not ignores_language:
                yield from _source_language(block.language, f"{here}.language")
            member = block.WhichOneof("body")
            if member is None:
                yield missing(f"{here}.body", "one of text and inline_html")
                continue
            yield from _no_nul(getattr(block, member), f"{here}.{member}")
            if member == "inline_html":
                yield from _inline_html(block.inline_html, f"{here}.inline_html")

    def _house_style(self, style: article_service_pb2.HouseStyle) -> Iterator[Violation]:
        for index, name in enumerate(style.glossaries):
            yield from name_violations(name, f"house_style.glossaries[{index}]")
        if len(style.terms) > MAX_REQUEST_TERMS:
            yield above_limit("house_style.terms", "terms", len(style.terms), MAX_REQUEST_TERMS, "terms")
        for index, term in enumerate(style.terms):
            yield from term_violations(term, f"house_style.terms[{index}]")

    def _target_languages(self, request: article_service_pb2.ProcessArticleRequest) -> Iterator[Violation]:
        num_outputs = len(request.target_languages) + len(request.summaries)
        if num_outputs == 0:
            yield Violation("target_languages", "neither target_languages nor summaries are set; ask for at least one")
        if num_outputs > self._limits.max_outputs:
            path = "target_languages" if request.target_languages else "summaries"
            yield above_limit(path, "max_outputs", num_outputs, self._limits.max_outputs, "translations and summaries")
        seen: dict[str, int] = {}
        for index, language in enumerate(request.target_languages):
            path = f"target_languages[{index}]"
            violations = list(_target_language(language, path))
            yield from violations
            base = base_language(language)
            if not violations and base in seen:
                yield Violation(path, f"is the same language as target_languages[{seen[base]}]")
            seen.setdefault(base, index)

    def _summaries(self, request: article_service_pb2.ProcessArticleRequest) -> Iterator[Violation]:
        seen: dict[tuple[int, str], int] = {}
        for index, options in enumerate(request.summaries):
            path = f"summaries[{index}]"
            yield from _summary(options, path)
            key = (options.style, base_language(options.target_language))
            if options.style and key in seen:
                yield Violation(path, f"has the style and language of summaries[{seen[key]}]")
            seen.setdefault(key, index)

    def _must_exist(self, models: Iterable[str]) -> None:
        for name in models:
            if name:
                self._catalog.find(name)


def _prefixed(violation: Violation, prefix: str) -> Violation:
    return Violation(prefix + violation.field_path, violation.description, violation.reason, violation.metadata)


def _request_id(request_id: str) -> Iterator[Violation]:
    if request_id and not MESSAGE_ID.fullmatch(request_id):
        yield Violation("request_id", f"must be up to {MAX_ID_CHARACTERS} of [A-Za-z0-9._:-], or empty")


def _block_id(block_id: str, path: str, seen: dict[str, int], index: int) -> Iterator[Violation]:
    if not block_id:
        yield Violation(path, "is missing; set it on every block or on none")
    elif not _BLOCK_ID.fullmatch(block_id):
        yield Violation(path, f"must be 1 to {MAX_ID_CHARACTERS} of [A-Za-z0-9_-]")
    elif block_id in seen:
        yield Violation(path, f"is {block_id!r}, as in blocks[{seen[block_id]}]; ids are unique")
    else:
        seen[block_id] = index


def _target_language(language: str, path: str) -> Iterator[Violation]:
    if not language:
        yield missing(path)
    else:
        yield from _language(language, path, "target")


def _source_language(language: str, path: str) -> Iterator[Violation]:
    if language:
        yield from _language(language, path, "source")


def _language(language: str, path: str, role: str) -> Iterator[Violation]:
    served = ", ".join(SERVED_LANGUAGES)
    if len(language) > MAX_TAG_CHARACTERS or not _LANGUAGE_TAG.fullmatch(language):
        yield Violation(path, f"is no BCP-47 language tag; served are {served}")
    elif base_language(language) not in SERVED_LANGUAGES:
        yield Violation(
            path, f"{language} is not served; served are {served}", "LANGUAGE_UNSUPPORTED", {role: language}
        )


def _block_kinds(options: article_service_pb2.TranslationOptions, path: str) -> Iterator[Violation]:
    for index, kind in enumerate(options.block_kinds):
        # An unknown value reads as UNSPECIFIED.
        if kind == article_pb2.BLOCK_KIND_UNSPECIFIED or kind not in article_pb2.BlockKind.values():
            yield Violation(f"{path}.block_kinds[{index}]", "is not a kind of block that this version knows")


def _summary(options: article_service_pb2.SummaryOptions, path: str) -> Iterator[Violation]:
    known = article_service_pb2.SummaryStyle.values()
    if options.style == article_service_pb2.SUMMARY_STYLE_UNSPECIFIED or options.style not in known:
        yield missing(f"{path}.style", "HEADLINE, BULLETS or PARAGRAPH")
    if options.target_language:
        yield from _language(options.target_language, f"{path}.target_language", "target")
    if not 0 <= options.max_characters <= _MAX_CHARACTERS:
        yield Violation(f"{path}.max_characters", f"is {options.max_characters}; 0 to {_MAX_CHARACTERS:,} are allowed")
    if not 0 <= options.bullet_count <= MAX_BULLETS:
        yield Violation(f"{path}.bullet_count", f"is {options.bullet_count}; 0 to {MAX_BULLETS} are allowed")
    elif options.bullet_count and options.style != article_service_pb2.SUMMARY_STYLE_BULLETS:
        yield Violation(f"{path}.bullet_count", "is for BULLETS only")


def _no_nul(text: str, path: str) -> Iterator[Violation]:
    position = text.find("\0")
    if position >= 0:
        yield Violation(path, f"holds the character U+0000 at {position}, which no text has")


class _InlineChecker(HTMLParser):
    """Finds what is not allowed in a body of inline elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE_ELEMENTS:
            self.problems.append(f"<{tag[:20]}> is not allowed")
        elif tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE_ELEMENTS:
            self.problems.append(f"<{tag[:20]}> is not allowed")

    def handle_endtag(self, tag: str) -> None:
        if tag == "br" or tag not in _INLINE_ELEMENTS:
            return
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes nothing, or not what is open")
        else:
            self.open.pop()

    def handle_comment(self, data: str) -> None:
        self.problems.append("comments are not allowed")

    def handle_decl(self, decl: str) -> None:
        self.problems.append("declarations are not allowed")

    def handle_pi(self, data: str) -> None:
        self.problems.append("processing instructions are not allowed")


def _inline_html(body: str, path: str) -> Iterator[Violation]:
    checker = _InlineChecker()
    checker.feed(body)
    checker.close()
    problems = [*checker.problems, *(f"<{tag}> is not closed" for tag in checker.open)]
    if problems:
        allowed = ", ".join(sorted(_INLINE_ELEMENTS))
        yield Violation(path, f"{problems[0]}; inline elements are {allowed}")
