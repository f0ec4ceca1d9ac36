"""GlossaryService: stored terminology, which this version does not have yet; every method answers UNIMPLEMENTED."""

from triwire.v1 import glossary_service_pb2_grpc


class GlossaryService(glossary_service_pb2_grpc.GlossaryServiceServicer):
    """Inherits the generated answers: UNIMPLEMENTED."""
