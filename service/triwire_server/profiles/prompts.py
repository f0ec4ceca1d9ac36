"""What a profile tells chat models: templates, checked when the profile is read."""

import string
from typing import Self

from pydantic import Field, field_validator, model_validator

from triwire_server.profiles.table import Language, Table
from triwire_server.segment import Register, SummaryStyle, Task

_TEMPLATE_FIELDS = frozenset(
    {
        "text",
        "source_language",
        "target_language",
        "register",
        "bullet_count",
        "max_characters",
        "terms",
        "strict",
    }
)


def _fields(template: str) -> list[str]:
    """Names of the placeholders of a template, in order."""
    try:
        return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise ValueError(f"not a template: {error}") from None


def check_fields(template: str, known: frozenset[str]) -> str:
    """Reject what would only fail, or be silently left out, when the first article arrives."""
    if unknown := sorted(set(_fields(template)) - known):
        raise ValueError(f"unknown placeholder {{{unknown[0]}}}; known: {', '.join(sorted(known))}")
    return template


def _check_template(template: str) -> str:
    """Check a prompt, which holds the text exactly once, and the terms no more than that."""
    fields = _fields(check_fields(template, _TEMPLATE_FIELDS))
    if fields.count("text") != 1:
        raise ValueError("the placeholder {text} must occur exactly once")
    if fields.count("terms") > 1:
        raise ValueError("the placeholder {terms} must not occur twice")
    return template


class Prompts(Table):
    """What a chat model is told. Templates fill `{text}` with the article's text, the rest with what is asked for."""

    system: str = ""
    """System message; "" sends none, for families without one (Gemma)."""

    language_names: dict[Language, str] = Field(default={"en": "English", "ko": "Korean", "ja": "Japanese"})
    """What `{source_language}` and `{target_language}` are filled with."""

    translation: str = ""
    """User message for a sentence or two. Needed for the task "translation"."""

    headline: str = ""
    """User message for a headline; "" uses `translation`."""

    registers: dict[Register, dict[Language, str]] = Field(default={})
    """What `{register}` is filled with: a sentence on the register in the target language. Absent is ""."""

    summaries: dict[SummaryStyle, str] = Field(default={})
    """User message for each summary style, for a summary in the article's language and in another. A tag around
    `{text}`, such as <article>, becomes another one where a text holds it."""

    terms: str = ""
    """One line for each glossary term that a text holds, with `{source}` and `{target}`; "" names none. `{terms}` is
    filled with these lines, each after a line break, and with nothing where there are no terms."""

    strict: dict[Task, str] = Field(default={})
    """What `{strict}` is filled with when a broken output is decoded once more: a sentence that asks for the same more
    strictly. `{source_language}` and `{target_language}` may be used. Absent is ""."""

    @field_validator("translation", "headline")
    @classmethod
    def _is_template(cls, template: str) -> str:
        return _check_template(template) if template else template

    @field_validator("summaries")
    @classmethod
    def _are_templates(cls, templates: dict[SummaryStyle, str]) -> dict[SummaryStyle, str]:
        return {style: _check_template(template) for style, template in templates.items()}

    @field_validator("terms")
    @classmethod
    def _names_both_forms(cls, template: str) -> str:
        known = frozenset({"source", "target"})
        if template and set(_fields(check_fields(template, known))) != known:
            raise ValueError("the placeholders {source} and {target} must both occur")
        return template

    @field_validator("strict")
    @classmethod
    def _are_sentences(cls, texts: dict[Task, str]) -> dict[Task, str]:
        known = frozenset({"source_language", "target_language"})
        return {task: check_fields(text, known) for task, text in texts.items()}

    @model_validator(mode="after")
    def _are_used(self) -> Self:
        """A text that no template has a place for would be left out in silence."""
        translations = [template for template in (self.translation, self.headline) if template]
        summaries = list(self.summaries.values())
        if self.terms and (lacking := [t for t in (*translations, *summaries) if "terms" not in _fields(t)]):
            raise ValueError(f"terms: {{terms}} is missing in {len(lacking)} of the templates")
        for task, templates in ((Task.TRANSLATION, translations), (Task.SUMMARIZATION, summaries)):
            if self.strict.get(task) and not all("strict" in _fields(template) for template in templates):
                raise ValueError(f"strict.{task}: {{strict}} is missing in a template of this task")
        return self
