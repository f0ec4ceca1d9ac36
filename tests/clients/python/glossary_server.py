"""A complete GlossaryService in memory, for the tests of the client and the command."""

import re
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from tests.clients.python.servers import on_a_thread, serving
from triwire.v1 import glossary_service_pb2, glossary_service_pb2_grpc

Glossary = glossary_service_pb2.Glossary
_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_NAME = re.compile(rf"glossaries/{_ID.pattern}")


class Glossaries(glossary_service_pb2_grpc.GlossaryServiceServicer):
    """Follows the contract: etags, pages, limits, and errors with ErrorInfo, BadRequest and ResourceInfo.

    Args:
        breaks: for each call in turn, how it fails: "" not at all; a reason, before anything is done ("QUEUE_FULL");
            "lost", after it was carried out, as when a connection breaks before the answer. Later calls succeed.
    """

    def __init__(self, breaks: Iterable[str] = ()) -> None:
        self.stored: dict[str, Glossary] = {}
        self.calls: list[str] = []
        self._breaks = iter(breaks)
        self._num_writes = 0

    async def CreateGlossary(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        lost = await self._begin("CreateGlossary", context)
        violations = [] if _ID.fullmatch(request.glossary_id) else [("glossary_id", "must be 1 to 63 of [a-z0-9-]")]
        await _refuse(context, violations + _violations(request.glossary))
        name = f"glossaries/{request.glossary_id}"
        if name in self.stored:
            await _abort(context, grpc.StatusCode.ALREADY_EXISTS, "GLOSSARY_EXISTS", name)
        glossary = self._write(name, request.glossary)
        await _lose(context, lost)
        return glossary_service_pb2.CreateGlossaryResponse(glossary=glossary)

    async def GetGlossary(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        await self._begin("GetGlossary", context)
        await _refuse(context, _name_violations(request.name, "name"))
        glossary = await self._find(request.name, context)
        return glossary_service_pb2.GetGlossaryResponse(glossary=glossary)

    async def ListGlossaries(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        await self._begin("ListGlossaries", context)
        names = sorted(name for name in self.stored if name > request.page_token)
        size = min(request.page_size or 50, 500)
        response = glossary_service_pb2.ListGlossariesResponse()
        for name in names[:size]:
            response.glossaries.add().CopyFrom(self.stored[name])
            response.glossaries[-1].ClearField("terms")
        if len(names) > size:
            response.next_page_token = names[size - 1]
        return response

    async def UpdateGlossary(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        lost = await self._begin("UpdateGlossary", context)
        glossary = request.glossary
        await _refuse(context, _name_violations(glossary.name, "glossary.name") + _violations(glossary))
        if glossary.name not in self.stored and not request.allow_missing:
            await self._find(glossary.name, context)
        await self._check_etag(glossary.name, glossary.etag, context)
        stored = self._write(glossary.name, glossary)
        await _lose(context, lost)
        return glossary_service_pb2.UpdateGlossaryResponse(glossary=stored)

    async def DeleteGlossary(self, request: Any, context: Any) -> Any:  # noqa: N802 - the contract's name
        lost = await self._begin("DeleteGlossary", context)
        await _refuse(context, _name_violations(request.name, "name"))
        await self._find(request.name, context)
        await self._check_etag(request.name, request.etag, context)
        del self.stored[request.name]
        await _lose(context, lost)
        return glossary_service_pb2.DeleteGlossaryResponse()

    async def _begin(self, method: str, context: Any) -> bool:
        """Note a call and fail it if that is its turn; gives whether its answer is to be lost."""
        self.calls.append(method)
        reason = next(self._breaks, "")
        if reason and reason != "lost":
            code = grpc.StatusCode.RESOURCE_EXHAUSTED if reason == "QUEUE_FULL" else grpc.StatusCode.UNAVAILABLE
            await _abort(context, code, reason)
        return reason == "lost"

    async def _find(self, name: str, context: Any) -> Glossary:
        if name not in self.stored:
            await _abort(context, grpc.StatusCode.NOT_FOUND, "GLOSSARY_NOT_FOUND", name)
        return self.stored[name]

    async def _check_etag(self, name: str, etag: str, context: Any) -> None:
        current = self.stored[name].etag if name in self.stored else None
        if etag and etag != current:
            await _abort(context, grpc.StatusCode.ABORTED, "ETAG_MISMATCH", name)

    def _write(self, name: str, given: Glossary) -> Glossary:
        self._num_writes += 1
        glossary = Glossary(
            name=name,
            display_name=given.display_name,
            terms=given.terms,
            term_count=len(given.terms),
            etag=f"etag-{self._num_writes}",
        )
        glossary.update_time.FromJsonString(f"2026-03-01T12:00:{self._num_writes:02}Z")
        created = self.stored[name].create_time if name in self.stored else glossary.update_time
        glossary.create_time.CopyFrom(created)
        self.stored[name] = glossary
        return glossary


def glossary_server(glossaries: Glossaries) -> AbstractAsyncContextManager[str]:
    """The service on a free port; gives its address."""
    return serving(glossary_service_pb2_grpc.add_GlossaryServiceServicer_to_server, glossaries)


def served_glossaries(glossaries: Glossaries) -> AbstractContextManager[str]:
    """The service on a thread of its own, for clients that block; gives its address."""
    return on_a_thread(glossary_server(glossaries))


def _name_violations(name: str, field: str) -> list[tuple[str, str]]:
    return [] if _NAME.fullmatch(name) else [(field, 'must be "glossaries/{glossary}"')]


def _violations(glossary: Glossary) -> list[tuple[str, str]]:
    found = []
    if len(glossary.display_name) > 120:
        found.append(("glossary.display_name", f"has {len(glossary.display_name)} characters; 120 are allowed"))
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for index, term in enumerate(glossary.terms):
        forms = tuple(sorted(term.forms.items()))
        if len(forms) > 1 and seen.setdefault(forms, index) != index:
            languages = " and ".join(language for language, _ in forms)
            found.append((f"glossary.terms[{index}].forms", f"has the {languages} of terms[{seen[forms]}]"))
        if not term.forms:
            found.append((f"glossary.terms[{index}].forms", "is required"))
        for language, form in sorted(term.forms.items()):
            field = f'glossary.terms[{index}].forms["{language}"]'
            if language not in ("en", "ko", "ja"):
                found.append((field, "languages of forms are en, ko, ja"))
            if len(form) > 200:
                found.append((field, f"has {len(form)} characters; 200 are allowed"))
    return found


async def _refuse(context: Any, violations: list[tuple[str, str]]) -> None:
    if not violations:
        return
    bad = error_details_pb2.BadRequest()
    for field, description in violations:
        bad.field_violations.add(field=field, description=description)
    await _abort(context, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", details=[bad])


async def _lose(context: Any, lost: bool) -> None:
    if lost:
        await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")


async def _abort(
    context: Any, code: grpc.StatusCode, reason: str, name: str = "", details: Iterable[Message] = ()
) -> None:
    number: int = code.value[0]
    status = status_pb2.Status(code=number, message=f"{name or 'the call'}: {reason}")
    metadata = {"name": name} if name else {}
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="triwire.v1", metadata=metadata))
    if name:
        resource = error_details_pb2.ResourceInfo(resource_type="triwire.v1.Glossary", resource_name=name)
        status.details.add().Pack(resource)
    for detail in details:
        status.details.add().Pack(detail)
    await context.abort(code, status.message, (("grpc-status-details-bin", status.SerializeToString()),))
