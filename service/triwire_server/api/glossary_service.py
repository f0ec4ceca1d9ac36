"""GlossaryService: stored terminology, which this version does not have yet; every method answers UNIMPLEMENTED."""

from typing import Any, NoReturn

import grpc

from triwire.v1 import glossary_service_pb2_grpc


class GlossaryService(glossary_service_pb2_grpc.GlossaryServiceServicer):
    """All methods of the contract's GlossaryService, none of which does anything yet."""

    async def CreateGlossary(self, request: Any, context: Any) -> NoReturn:
        """See the contract."""
        await _refuse(context)

    async def GetGlossary(self, request: Any, context: Any) -> NoReturn:
        """See the contract."""
        await _refuse(context)

    async def ListGlossaries(self, request: Any, context: Any) -> NoReturn:
        """See the contract."""
        await _refuse(context)

    async def UpdateGlossary(self, request: Any, context: Any) -> NoReturn:
        """See the contract."""
        await _refuse(context)

    async def DeleteGlossary(self, request: Any, context: Any) -> NoReturn:
        """See the contract."""
        await _refuse(context)


async def _refuse(context: Any) -> NoReturn:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this version stores no glossaries")
    raise AssertionError("abort raises")
