"""What a caller may do: by method, and by what stands in a request."""

from typing import Any

from triwire_server.callers import Caller, Right
from triwire_server.errors import AccessDenied
from triwire_server.segment import Priority

_ARTICLES = "/triwire.v1.ArticleService/"
_GLOSSARIES = "/triwire.v1.GlossaryService/"

RIGHTS: dict[str, Right] = {
    _ARTICLES + "Translate": Right.ARTICLES,
    _ARTICLES + "Summarize": Right.ARTICLES,
    _ARTICLES + "ExtractArticle": Right.ARTICLES,
    _ARTICLES + "DetectLanguage": Right.ARTICLES,
    _ARTICLES + "ProcessArticle": Right.ARTICLES,
    _ARTICLES + "StreamProcessArticle": Right.ARTICLES,
    _ARTICLES + "ProcessBatch": Right.ARTICLES,
    _ARTICLES + "ListModels": Right.ARTICLES,
    _GLOSSARIES + "CreateGlossary": Right.GLOSSARIES_WRITE,
    _GLOSSARIES + "GetGlossary": Right.GLOSSARIES_READ,
    _GLOSSARIES + "ListGlossaries": Right.GLOSSARIES_READ,
    _GLOSSARIES + "UpdateGlossary": Right.GLOSSARIES_WRITE,
    _GLOSSARIES + "DeleteGlossary": Right.GLOSSARIES_WRITE,
}
"""The right that each method of the contract needs. A method that is not here is refused to everybody."""


def check_method(caller: Caller, method: str) -> None:
    """Whether a caller may call a method.

    Args:
        caller: who calls.
        method: its path, "/triwire.v1.ArticleService/Translate".

    Raises:
        AccessDenied: it lacks the right.
    """
    right = RIGHTS.get(method)
    if right is None:
        raise AccessDenied(f"{method} is open to nobody")
    if right not in caller.rights:
        raise AccessDenied(f"caller {caller.name!r} lacks the right {str(right)!r}", {"right": str(right)})


def check_request(caller: Caller, request: Any, prefix: str = "") -> None:
    """Whether a caller may ask for this priority and name these glossaries.

    Args:
        caller: who calls.
        request: with `priority` and `house_style`: to translate, to summarize, or for everything at once.
        prefix: that paths of fields begin with.

    Raises:
        AccessDenied: names every field that it may not have so; the metadata are those of the first.
    """
    problems: list[tuple[str, dict[str, str]]] = []
    priority, ceiling = priority_of(request), caller.highest_priority
    if priority < ceiling:  # lower goes first
        field = f"{prefix}priority"
        unset = "" if request.priority else ", which is what unset means,"
        problems.append(
            (
                f"{field}: {priority.name}{unset} is above {ceiling.name}, the highest for caller {caller.name!r}",
                {"field": field, "maximum": ceiling.name},
            )
        )
    if request.house_style.glossaries and Right.GLOSSARIES_READ not in caller.rights:
        field, right = f"{prefix}house_style.glossaries", str(Right.GLOSSARIES_READ)
        problems.append(
            (f"{field}: caller {caller.name!r} lacks the right {right!r}", {"field": field, "right": right})
        )
    if problems:
        raise AccessDenied("; ".join(message for message, _ in problems), problems[0][1])


def priority_of(request: Any) -> Priority:
    """The priority of a request; unset, and values that this version does not know, are STANDARD."""
    known = request.priority in tuple(Priority)
    return Priority(request.priority) if known else Priority.STANDARD
