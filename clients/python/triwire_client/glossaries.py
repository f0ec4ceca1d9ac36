"""The calls of GlossaryService. Which of them are repeated after a failure, and why, is said at `RetryPolicy`."""

from collections.abc import AsyncIterator

from triwire.v1 import glossary_service_pb2
from triwire_client.connection import Connection

Glossary = glossary_service_pb2.Glossary

_PREFIX = "glossaries/"


class GlossaryCalls(Connection):
    """Keeps named glossaries on the server. Part of `Client`.

    A `name` is "glossaries/westmere" or the id alone, "westmere".
    """

    async def create_glossary(
        self,
        glossary_id: str,
        glossary: Glossary,
        *,
        timeout: float | None = None,
    ) -> glossary_service_pb2.CreateGlossaryResponse:
        """Create a glossary from its display name and terms.

        Not repeated where the outcome is unknown (a lost connection): `get_glossary` tells whether it was created.

        Args:
            glossary_id: the id alone, "westmere".
            glossary: its display name and terms.
            timeout: seconds, retries included.

        Raises:
            GlossaryExistsError: the id is taken.
            InvalidRequestError: every violation at once.
            TriwireError: as its subclass for the reason.
        """
        request = glossary_service_pb2.CreateGlossaryRequest(glossary_id=glossary_id, glossary=glossary)
        return await self._call(self._glossaries.CreateGlossary, request, timeout, is_repeatable=False)

    async def get_glossary(
        self,
        name: str,
        *,
        timeout: float | None = None,
    ) -> glossary_service_pb2.GetGlossaryResponse:
        """A glossary with its terms and its etag.

        Args:
            name: of the glossary.
            timeout: seconds, retries included.

        Raises:
            GlossaryNotFoundError: there is none of this name.
            TriwireError: as its subclass for the reason.
        """
        request = glossary_service_pb2.GetGlossaryRequest(name=glossary_name(name))
        return await self._call(self._glossaries.GetGlossary, request, timeout)

    async def list_glossaries(
        self,
        *,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[Glossary]:
        """Every glossary in order of name, without terms; pages are fetched as they are needed.

        Args:
            page_size: glossaries of one call; 0: as the server has it.
            timeout: seconds for each page, retries included.

        Raises:
            TriwireError: as its subclass for the reason.
        """
        token = ""
        while True:
            request = glossary_service_pb2.ListGlossariesRequest(page_size=page_size, page_token=token)
            page: glossary_service_pb2.ListGlossariesResponse = await self._call(
                self._glossaries.ListGlossaries, request, timeout
            )
            for glossary in page.glossaries:
                yield glossary
            token = page.next_page_token
            if not token:
                return

    async def update_glossary(
        self,
        glossary: Glossary,
        *,
        etag: str | None = None,
        allow_missing: bool = False,
        timeout: float | None = None,
    ) -> glossary_service_pb2.UpdateGlossaryResponse:
        """Replace display name and terms of a glossary as a whole.

        With an etag it is not repeated where the outcome is unknown (a lost connection): `get_glossary` tells whether
        it was replaced. Without one it is, since replacing twice is the same as once.

        Args:
            glossary: with its name.
            etag: replace only while this is the current one; "": whatever is there; None: that of `glossary`, so that
                what was read with `get_glossary` and changed cannot undo what somebody else did meanwhile.
            allow_missing: create it when it does not exist.
            timeout: seconds, retries included.

        Raises:
            EtagMismatchError: the glossary was changed meanwhile.
            GlossaryNotFoundError: there is none of this name, and `allow_missing` is not set.
            InvalidRequestError: every violation at once.
            TriwireError: as its subclass for the reason.
        """
        request = glossary_service_pb2.UpdateGlossaryRequest(glossary=glossary, allow_missing=allow_missing)
        request.glossary.name = glossary_name(glossary.name)
        if etag is not None:
            request.glossary.etag = etag
        is_repeatable = not request.glossary.etag
        return await self._call(self._glossaries.UpdateGlossary, request, timeout, is_repeatable=is_repeatable)

    async def delete_glossary(
        self,
        name: str,
        *,
        etag: str = "",
        timeout: float | None = None,
    ) -> glossary_service_pb2.DeleteGlossaryResponse:
        """Delete a glossary.

        Not repeated where the outcome is unknown (a lost connection): `get_glossary` tells whether it is still there.

        Args:
            name: of the glossary.
            etag: delete only while this is the current one; empty: whatever is there.
            timeout: seconds, retries included.

        Raises:
            EtagMismatchError: the glossary was changed meanwhile.
            GlossaryNotFoundError: there is none of this name.
            TriwireError: as its subclass for the reason.
        """
        request = glossary_service_pb2.DeleteGlossaryRequest(name=glossary_name(name), etag=etag)
        return await self._call(self._glossaries.DeleteGlossary, request, timeout, is_repeatable=False)


def glossary_name(name: str) -> str:
    """The resource name of a glossary, from that name or from its id: "westmere" -> "glossaries/westmere"."""
    return name if not name or "/" in name else _PREFIX + name


def glossary_id(name: str) -> str:
    """The id of a glossary from its resource name: "glossaries/westmere" -> "westmere"."""
    return name.removeprefix(_PREFIX)
