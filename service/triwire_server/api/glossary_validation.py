"""The rules for terms and glossaries; all violations are reported at once, each with the path of its field.

A stored glossary is held to more than inline terms are: a mistake in it would go unnoticed for months. What it may do
is write one form in several terms: "South Korea" and "ROK" are both 한국 (Korea) in Korean. From Korean, the first of
them counts.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from triwire.v1 import glossary_service_pb2
from triwire_server.api.paging import page_place
from triwire_server.api.violations import SERVED_LANGUAGES, missing, refuse
from triwire_server.errors import Violation, above_limit
from triwire_server.limits import MAX_DISPLAY_NAME_CHARACTERS, MAX_GLOSSARY_BYTES, MAX_TERM_FORM_CHARACTERS

Glossary = glossary_service_pb2.Glossary
GlossaryTerm = glossary_service_pb2.GlossaryTerm

_ID_RULE = "1 to 63 of [a-z0-9-], starting with a letter"
_GLOSSARY_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_GLOSSARY_NAME = re.compile(rf"glossaries/{_GLOSSARY_ID.pattern}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Control characters, among them tabs and line breaks, and the separators of lines and paragraphs."""


def create_glossary(request: glossary_service_pb2.CreateGlossaryRequest) -> None:
    """Raises InvalidRequest."""
    found = []
    if not _GLOSSARY_ID.fullmatch(request.glossary_id):
        found.append(Violation("glossary_id", f"must be {_ID_RULE}"))
    refuse(*found, *(_glossary(request.glossary) if request.HasField("glossary") else [missing("glossary")]))


def update_glossary(request: glossary_service_pb2.UpdateGlossaryRequest) -> None:
    """Raises InvalidRequest."""
    if not request.HasField("glossary"):
        refuse(missing("glossary"))
    refuse(*name_violations(request.glossary.name, "glossary.name"), *_glossary(request.glossary))


def named_glossary(
    request: glossary_service_pb2.GetGlossaryRequest | glossary_service_pb2.DeleteGlossaryRequest,
) -> None:
    """Raises InvalidRequest."""
    refuse(*name_violations(request.name, "name"))


def list_glossaries(request: glossary_service_pb2.ListGlossariesRequest) -> str:
    """Gives the id behind which the page begins; "" for the first page. Raises InvalidRequest."""
    return page_place(request, lambda place: bool(_GLOSSARY_ID.fullmatch(place)))


def name_violations(name: str, path: str) -> Iterator[Violation]:
    """What is wrong with the resource name of a glossary."""
    if not name:
        yield missing(path, '"glossaries/{glossary}"')
    elif not _GLOSSARY_NAME.fullmatch(name):
        yield Violation(path, f'must be "glossaries/{{glossary}}" with {_ID_RULE}')


def term_violations(term: GlossaryTerm, path: str) -> Iterator[Violation]:
    """What is wrong with a term by itself, stored or inline."""
    if not term.forms:
        yield missing(f"{path}.forms")
    for language in sorted(term.forms):
        here = f'{path}.forms["{language[:20]}"]'
        form = term.forms[language]
        if language not in SERVED_LANGUAGES:
            yield Violation(here, f"languages of forms are {', '.join(SERVED_LANGUAGES)}")
        if not form.strip():
            yield Violation(here, "is empty")
        if len(form) > MAX_TERM_FORM_CHARACTERS:
            yield Violation(here, f"has {len(form)} characters; {MAX_TERM_FORM_CHARACTERS} are allowed")
        control = _UNPRINTABLE.search(form)
        if control:
            yield Violation(here, f"holds the control character U+{ord(control[0]):04X} at {control.start()}")


def _glossary(glossary: Glossary) -> Iterator[Violation]:
    length = len(glossary.display_name)
    if length > MAX_DISPLAY_NAME_CHARACTERS:
        description = f"has {length} characters; {MAX_DISPLAY_NAME_CHARACTERS} are allowed"
        yield Violation("glossary.display_name", description)
    if _UNPRINTABLE.search(glossary.display_name):
        yield Violation("glossary.display_name", "holds a control character, or a line break")
    size = Glossary(terms=glossary.terms).ByteSize()
    if size > MAX_GLOSSARY_BYTES:
        yield above_limit("glossary.terms", "max_glossary_bytes", size, MAX_GLOSSARY_BYTES, "bytes")
        return
    for index, term in enumerate(glossary.terms):
        yield from _stored_term(term, f"glossary.terms[{index}]")
    yield from _repetitions(glossary.terms)


def _stored_term(term: GlossaryTerm, path: str) -> Iterator[Violation]:
    yield from term_violations(term, path)
    for language in sorted(term.forms):
        form = term.forms[language]
        if form.strip() and form != form.strip():
            yield Violation(
                f'{path}.forms["{language[:20]}"]', "begins or ends with a space, which no text would match"
            )
    if len(term.forms) == 1 and not term.verbatim:
        yield Violation(
            f"{path}.forms",
            "has one language, which has no effect; add another one, or set verbatim to keep it as it is",
        )


def _repetitions(terms: Iterable[GlossaryTerm]) -> Iterator[Violation]:
    """Terms that say nothing that earlier ones do not say: which can only be a mistake."""
    seen: dict[tuple[str, ...], int] = {}
    for index, term in enumerate(terms):
        forms = sorted(term.forms.items())
        keys: list[tuple[str, ...]] = [(*one, *other) for one, other in combinations(forms, 2)]
        if len(forms) == 1:
            keys = [forms[0]]
        if keys and all(key in seen for key in keys):
            yield Violation(f"glossary.terms[{index}].forms", f"repeats terms[{seen[keys[0]]}]; one of them is enough")
        for key in keys:
            seen.setdefault(key, index)
