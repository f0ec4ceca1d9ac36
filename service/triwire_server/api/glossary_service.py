"""GlossaryService: validate, call the store, encode."""

import asyncio
from typing import Any

from triwire.v1 import glossary_service_pb2, glossary_service_pb2_grpc
from triwire_server.api import glossary_validation
from triwire_server.api.paging import page_size, page_token
from triwire_server.errors import ShuttingDown, glossary_not_found
from triwire_server.glossary_store import (
    GlossaryDraft,
    GlossaryHead,
    GlossaryStore,
    glossary_id_of,
    glossary_name,
)

Glossary = glossary_service_pb2.Glossary


class GlossaryService(glossary_service_pb2_grpc.GlossaryServiceServicer):
    """All methods of the contract's GlossaryService. It answers while models are still loading.

    Checking a glossary of the largest size takes half a second, for which other calls do not wait: it has a thread.

    Args:
        store: where the glossaries are.
        draining: set when the replica shuts down.
    """

    def __init__(self, store: GlossaryStore, draining: asyncio.Event) -> None:
        self._store = store
        self._draining = draining

    async def CreateGlossary(
        self, request: glossary_service_pb2.CreateGlossaryRequest, context: Any
    ) -> glossary_service_pb2.CreateGlossaryResponse:
        """See the contract."""
        self._check_serving()
        await asyncio.to_thread(glossary_validation.create_glossary, request)
        head = await self._store.create(request.glossary_id, _draft(request.glossary))
        return glossary_service_pb2.CreateGlossaryResponse(glossary=_encode(head, request.glossary))

    async def GetGlossary(
        self, request: glossary_service_pb2.GetGlossaryRequest, context: Any
    ) -> glossary_service_pb2.GetGlossaryResponse:
        """See the contract."""
        self._check_serving()
        glossary_validation.named_glossary(request)
        stored = await self._store.get(glossary_id_of(request.name))
        if stored is None:
            raise glossary_not_found(request.name)
        glossary = _encode(stored.head, Glossary.FromString(stored.terms))
        return glossary_service_pb2.GetGlossaryResponse(glossary=glossary)

    async def ListGlossaries(
        self, request: glossary_service_pb2.ListGlossariesRequest, context: Any
    ) -> glossary_service_pb2.ListGlossariesResponse:
        """See the contract."""
        self._check_serving()
        after = glossary_validation.list_glossaries(request)
        size = page_size(request)
        heads = await self._store.list_heads(after, size + 1)
        page = heads[:size]
        return glossary_service_pb2.ListGlossariesResponse(
            glossaries=[_encode(head) for head in page],
            next_page_token=page_token(page[-1].glossary_id) if len(heads) > size else "",
        )

    async def UpdateGlossary(
        self, request: glossary_service_pb2.UpdateGlossaryRequest, context: Any
    ) -> glossary_service_pb2.UpdateGlossaryResponse:
        """See the contract."""
        self._check_serving()
        await asyncio.to_thread(glossary_validation.update_glossary, request)
        glossary = request.glossary
        head = await self._store.update(
            glossary_id_of(glossary.name), _draft(glossary), etag=glossary.etag, allow_missing=request.allow_missing
        )
        return glossary_service_pb2.UpdateGlossaryResponse(glossary=_encode(head, glossary))

    async def DeleteGlossary(
        self, request: glossary_service_pb2.DeleteGlossaryRequest, context: Any
    ) -> glossary_service_pb2.DeleteGlossaryResponse:
        """See the contract."""
        self._check_serving()
        glossary_validation.named_glossary(request)
        await self._store.delete(glossary_id_of(request.name), etag=request.etag)
        return glossary_service_pb2.DeleteGlossaryResponse()

    def _check_serving(self) -> None:
        if self._draining.is_set():
            raise ShuttingDown


def _draft(glossary: Glossary) -> GlossaryDraft:
    terms = Glossary(terms=glossary.terms).SerializeToString()
    return GlossaryDraft(glossary.display_name, len(glossary.terms), terms)


def _encode(head: GlossaryHead, content: Glossary | None = None) -> Glossary:
    """A glossary as callers see it, with the terms of `content`."""
    glossary = Glossary(
        name=glossary_name(head.glossary_id),
        display_name=head.display_name,
        terms=content.terms if content is not None else [],
        term_count=head.term_count,
        etag=head.etag,
    )
    glossary.create_time.FromNanoseconds(head.create_time)
    glossary.update_time.FromNanoseconds(head.update_time)
    return glossary
