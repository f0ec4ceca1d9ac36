"""Pages of the List methods: how long they are, and the tokens that say where the next one begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Protocol

from triwire_server.api.violations import refuse
from triwire_server.errors import Violation
from triwire_server.limits import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE


class PagedRequest(Protocol):
    """The request of a List method."""

    page_size: int
    page_token: str


def page_size(request: PagedRequest) -> int:
    """How many a page holds at most; 0 stands for the default."""
    return min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def page_token(place: str) -> str:
    """The token of the page that begins at, or behind, a place, such as an id."""
    return urlsafe_b64encode(place.encode()).decode()


def page_place(request: PagedRequest, is_place: Callable[[str], bool]) -> str:
    """The place in the token of a request; "" for the first page.

    Args:
        request: as it came.
        is_place: whether the method makes tokens of such a place.

    Raises:
        InvalidRequest: a negative size, a token that the method did not make, or both.
    """
    found = []
    if request.page_size < 0:
        found.append(Violation("page_size", f"is {request.page_size}; it must not be negative"))
    place = _read(request.page_token)
    if request.page_token and not (is_place(place) and page_token(place) == request.page_token):
        found.append(Violation("page_token", "is not a next_page_token of this method"))
    refuse(*found)
    return place


def _read(token: str) -> str:
    try:
        return urlsafe_b64decode(token.encode()).decode()
    except ValueError:  # neither base64 nor UTF-8
        return ""
