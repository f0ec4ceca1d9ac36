"""What a chat model is told about one segment, before the chat template of its family: pure text, no tokens.

Article text and glossary terms are data. They are left out here: marks stand in their places, so that whoever makes
tokens of a message can read the data as plain characters and the rest with its control tokens.

An article may hold anything, "</article>" included. A tag that the profile puts around the text is therefore a fence:
where the text holds something that a reader could take for it, the tag gets a name that depends on the whole text
("article-5f3c9d2b1a07") and so cannot be foreseen by whoever wrote it. The text itself is never changed, and all texts
without such a passage, nearly all, have the same instructions, which are then computed once.
"""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Sequence

from triwire_server.profiles.prompts import Prompts
from triwire_server.segment import Register, Segment, SummarySpec, Task

TEXT_MARK = "\ufdd0"
"""Stands for the article's text: a noncharacter, which no template contains."""

TERMS_MARK = "\ufdd1"
"""Stands for the lines of glossary terms; absent from the message of a segment without terms."""

MAX_FORM_CHARACTERS = 200
"""Longest form of a term that a prompt names, in code points; the contract's limit. A longer one is left out."""

MAX_TERMS_CHARACTERS = 2_000
"""Longest that all lines of terms together get, in code points. Terms that do not fit are left out of the prompt, first
come first served; whoever asked for them verifies every term in the output, those included."""

_FENCE = re.compile(rf"<([A-Za-z][\w-]{{0,40}})>\s{{0,8}}{TEXT_MARK}\s{{0,8}}</\1>")


def user_message(prompts: Prompts, segment: Segment) -> str:
    """The message of a segment, TEXT_MARK and, if there are terms to name, TERMS_MARK in the place of the data.

    Equal for all segments with the same `message_key`.
    """
    summary = segment.summary
    if segment.task is Task.TRANSLATION:
        template = (prompts.headline if segment.is_headline else "") or prompts.translation
    elif summary is None:
        raise ValueError("a summarization segment needs its summary")
    else:
        template = prompts.summaries[summary.style]
    names: dict[str, str] = {str(language): name for language, name in prompts.language_names.items()}
    registers: dict[Register, dict[str, str]] = {
        register: {str(language): text for language, text in texts.items()}
        for register, texts in prompts.registers.items()
    }
    languages = {
        "source_language": names.get(segment.source_language, segment.source_language),
        "target_language": names.get(segment.target_language, segment.target_language),
    }
    return template.format(
        text=TEXT_MARK,
        register=registers.get(segment.register, {}).get(segment.target_language, ""),
        strict=prompts.strict.get(segment.task, "").format(**languages) if segment.attempt else "",
        terms=TERMS_MARK if segment.terms and prompts.terms else "",
        **languages,
        **_summary_fields(summary),
    )


def chat_of(system: str, content: str) -> list[dict[str, str]]:
    """A chat that asks one thing.

    Args:
        system: instructions before it; "" for none.
        content: of the user's message.
    """
    asked = [{"role": "user", "content": content}]
    return [{"role": "system", "content": system}, *asked] if system else asked


def message_key(segment: Segment) -> tuple[object, ...]:
    """What the message of a segment depends on, its data apart."""
    return (
        segment.task,
        segment.source_language,
        segment.target_language,
        segment.is_headline,
        segment.register,
        segment.summary,
        segment.attempt > 0,
        bool(segment.terms),
    )


def fenced(message: str, segment: Segment) -> str:
    """The message with another name for the tag around the text, if the segment's data could be taken for that tag."""
    fence = _FENCE.search(message)
    if fence is None:
        return message
    name = fence.group(1)
    data = "\n".join([segment.text, *(form for term in segment.terms for form in term)])
    if not holds_tag(data, name):
        return message
    digest = hashlib.sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return message.replace(f"<{name}>", f"<{name}-{digest}>").replace(f"</{name}>", f"</{name}-{digest}>")


def term_lines(template: str, terms: Sequence[tuple[str, str]]) -> str:
    """The lines that name terms, each after a line break; "" without terms.

    A form stands between quotation marks and on one line, whatever it holds: line breaks and control characters are
    spaces, and a quotation mark in it is written as JSON writes it, so that it does not end the quotation.

    Args:
        template: one line with `{source}` and `{target}`.
        terms: (form in the source, form to write), the most important first.
    """
    lines: list[str] = []
    room = MAX_TERMS_CHARACTERS
    for source, target in terms:
        if max(len(source), len(target)) > MAX_FORM_CHARACTERS:
            continue
        line = "\n" + template.format(source=_as_data(source), target=_as_data(target))
        if len(line) <= room:
            lines.append(line)
            room -= len(line)
    return "".join(lines)


def without_thoughts(output: str) -> str:
    """An output without what a model thought aloud before it."""
    return re.sub(r"\A\s*<think>.*?(</think>|\Z)", "", output, flags=re.DOTALL).strip()


def holds_tag(text: str, name: str) -> bool:
    """Whether a reader could take something in a text for the tag <name> or </name>.

    That is in any case and width, with spaces or invisible characters in between, or written with entities.
    """
    folded = unicodedata.normalize("NFKC", html.unescape(text)).casefold()
    if "<" not in folded:
        return False
    bare = "".join(c for c in folded if not c.isspace() and unicodedata.category(c) not in ("Cf", "Mn", "Cc"))
    return f"<{name.casefold()}" in bare or f"</{name.casefold()}" in bare


def _as_data(form: str) -> str:
    one_line = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in form)
    return json.dumps(one_line, ensure_ascii=False)[1:-1]


def _summary_fields(summary: SummarySpec | None) -> dict[str, int]:
    """Values of the placeholders that only summaries have."""
    if summary is None:
        return {"bullet_count": 0, "max_characters": 0}
    return {"bullet_count": summary.bullet_count, "max_characters": summary.max_characters}
