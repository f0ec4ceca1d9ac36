"""What an item must be so that it can be read and written: the members that are used, and its version."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from triwire_client.errors import Violation

TEXT_MEMBERS = ("headlines", "descriptions", "bodies")
"""Members whose objects hold text as `value`."""

_TYPES = ("text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning")
_STATUSES = ("usable", "withheld", "canceled")
_STRINGS = ("language", "title", "by", "edNote", "embargoedUntil")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_NAMES_OF_1 = re.compile(r"(headline|body|description)(_\w+)?|byline|\$standard|altid")
_WORDS_OF_2 = """
altids contentcreated contenttype copyrightholder copyrightnotice digitalsourcetype ednote firstcreated
infosources pubstatus representationtype rightsinfo trustindicators usageterms versioncreated
"""
_NAMES_OF_2 = frozenset(_WORDS_OF_2.split())
_MAX_NESTING = 16


class NinjsError(ValueError):
    """An item that cannot be used.

    Attributes:
        violations: what is wrong, all of it, each with its path in the item ("headlines[0].value").
    """

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("\n".join(f"{violation.field}: {violation.description}" for violation in violations))
        self.violations = list(violations)


def check_item(item: dict[str, Any]) -> None:
    """Check the version of an item and every member that is read or written.

    Raises:
        NinjsError: it is of another major version, or a member is not what the standard says.
    """
    _check_version(item)
    violations = list(_violations(item, "", is_association=False))
    if violations:
        raise NinjsError(violations)


def _check_version(item: dict[str, Any]) -> None:
    standard = item.get("standard", item.get("$standard"))
    named = standard.get("version") if isinstance(standard, dict) else None
    if named is not None:
        version = str(named)
    elif old := [name for name in item if _NAMES_OF_1.fullmatch(name)]:
        version = f"1 ({', '.join(old)})"
    elif old := [name for name in item if name in _NAMES_OF_2]:
        version = f"2 ({', '.join(old)})"
    else:
        return
    if not version.startswith("3"):
        raise NinjsError([Violation("standard.version", f"is ninjs {version}; only ninjs 3 is read, convert it first")])


def _violations(item: dict[str, Any], path: str, *, is_association: bool, depth: int = 0) -> Iterator[Violation]:
    for name in ("uri", "name") if is_association else ("uri",):
        if name not in item:
            yield Violation(f"{path}{name}", "is missing")
        elif not isinstance(item[name], str) or (name == "uri" and not _URI.fullmatch(item[name])):
            yield Violation(f"{path}{name}", "is not a URI" if name == "uri" else "is not a string")
    for name in _STRINGS:
        if not isinstance(item.get(name, ""), str):
            yield Violation(f"{path}{name}", "is not a string")
    for name, known in (("type", _TYPES), ("pubStatus", _STATUSES)):
        if item.get(name, known[0]) not in known:
            yield Violation(f"{path}{name}", f"is none of {', '.join(known)}")
    for name in TEXT_MEMBERS:
        yield from _text_violations(item.get(name, []), f"{path}{name}")
    if not isinstance(item.get("standard", {}), dict):
        yield Violation(f"{path}standard", "is not an object")
    for name in ("altIds", "renditions"):
        if not isinstance(item.get(name, []), list):
            yield Violation(f"{path}{name}", "is not an array")
    associations = item.get("associations", [])
    if not isinstance(associations, list):
        yield Violation(f"{path}associations", "is not an array")
    elif depth == _MAX_NESTING and associations:
        yield Violation(f"{path}associations", f"is nested deeper than {_MAX_NESTING}")
    else:
        for index, association in enumerate(associations):
            here = f"{path}associations[{index}]"
            if isinstance(association, dict):
                yield from _violations(association, f"{here}.", is_association=True, depth=depth + 1)
            else:
                yield Violation(here, "is not an object")


def _text_violations(texts: Any, path: str) -> Iterator[Violation]:
    if not isinstance(texts, list):
        yield Violation(path, "is not an array")
        return
    for index, text in enumerate(texts):
        here = f"{path}[{index}]"
        if not isinstance(text, dict):
            yield Violation(here, "is not an object")
            continue
        if "value" not in text:
            yield Violation(f"{here}.value", "is missing")
        for name in ("value", "role", "contentType"):
            if not isinstance(text.get(name, ""), str):
                yield Violation(f"{here}.{name}", "is not a string")
