"""What has to be the same in both languages, letter for letter: addresses, fields, handles, tags."""

import re
from collections import Counter
from collections.abc import Iterator

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import blank
from triwire_server.text.doubt import CRITICAL, WARNING, Place, doubt
from triwire_server.text.html_tokens import TAG
from triwire_server.text.placeholders.protect import verbatim_spans

# Nothing verbatim is without one of these.
_HINTS = re.compile(r"[@{%<]|://|www\.")


def check_verbatim(source: str, target: str, *, is_html: bool = False) -> list[Finding]:
    """KIND_PLACEHOLDER_MISMATCH for what was lost, added or altered, as often as it stands in the text.

    An address or a field is CRITICAL, because a program or a reader's click depends on it; a handle, a tag and what was
    added are WARNING.

    Args:
        source: body in the source language.
        target: body in the target language.
        is_html: whether both are `inline_html`; tags are then compared too.
    """
    if not (_HINTS.search(source) or _HINTS.search(target)):
        return []
    wanted, found = list(_spans(source, is_html=is_html)), list(_spans(target, is_html=is_html))
    lost, added = _difference(wanted, found), _difference(found, wanted)
    findings: list[Finding] = []
    for text, place in lost:
        # Another one of its sort in its stead is the same one, altered.
        twin = next((item for item in added if _sort(item[0]) == _sort(text)), None)
        if twin is not None:
            added.remove(twin)
        findings.append(
            doubt(
                Finding.KIND_PLACEHOLDER_MISMATCH,
                WARNING if _sort(text) in "@<" else CRITICAL,
                "a placeholder, tag or address was lost" if twin is None else "a placeholder or address was altered",
                source=place,
                target=twin[1] if twin is not None else None,
                expected=text,
                actual=twin[0] if twin is not None else "",
            )
        )
    message = "a placeholder, tag or address was added"
    kind = Finding.KIND_PLACEHOLDER_MISMATCH
    return findings + [doubt(kind, WARNING, message, target=place, actual=text) for text, place in added]


def _spans(body: str, *, is_html: bool) -> Iterator[tuple[str, Place]]:
    if is_html:
        for match in TAG.finditer(body):
            yield match.group(), match.span()
        body = blank(body, TAG)
    for start, end in verbatim_spans(body):
        yield body[start:end], (start, end)


def _difference(spans: list[tuple[str, Place]], others: list[tuple[str, Place]]) -> list[tuple[str, Place]]:
    """The spans that the others do not have, or not as often."""
    left = Counter(text for text, _ in others)
    missing = []
    for text, place in spans:
        if left[text]:
            left[text] -= 1
        else:
            missing.append((text, place))
    return missing


def _sort(text: str) -> str:
    """Which sort of span a text is: "@" a handle, "<" a tag, "{" and "%" fields, "/" an address, "a@b" e-mail."""
    if text[0] in "@<%":
        return text[0]
    if text[0] in "{$":
        return "{"
    return "a@b" if "@" in text and "/" not in text else "/"
