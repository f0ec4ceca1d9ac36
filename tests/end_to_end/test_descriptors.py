"""Every method of the contract has a servicer and a client call, and none is extra."""

import inspect
import re

import pytest

from triwire.v1 import (
    article_service_pb2,
    article_service_pb2_grpc,
    glossary_service_pb2,
    glossary_service_pb2_grpc,
)
from triwire_client import Client, SyncClient
from triwire_server.api.article_service import ArticleService
from triwire_server.api.glossary_service import GlossaryService

NOT_CALLS = {"close", "process"}
"""The second puts the parts of StreamProcessArticle together."""


def methods_of(service: object) -> set[str]:
    """Names of a service's methods in the contract."""
    return {method.name for method in service.methods}  # type: ignore[attr-defined]  # a ServiceDescriptor


def own_methods(servicer: type, base: type) -> set[str]:
    """Contract-style methods that a servicer defines itself."""
    return {
        name
        for name, value in vars(servicer).items()
        if name[0].isupper() and inspect.isfunction(value) and value is not vars(base).get(name)
    }


def test_every_article_method_has_a_servicer() -> None:
    service = article_service_pb2.DESCRIPTOR.services_by_name["ArticleService"]
    assert own_methods(ArticleService, article_service_pb2_grpc.ArticleServiceServicer) == methods_of(service)


def test_every_glossary_method_has_a_servicer() -> None:
    service = glossary_service_pb2.DESCRIPTOR.services_by_name["GlossaryService"]
    assert own_methods(GlossaryService, glossary_service_pb2_grpc.GlossaryServiceServicer) == methods_of(service)


def call_name(method: str) -> str:
    """Name of the client call of a method: StreamProcessArticle is stream_process_article."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower()


@pytest.mark.parametrize("client", [Client, SyncClient])
def test_every_method_has_a_client_call(client: type) -> None:
    services = [
        article_service_pb2.DESCRIPTOR.services_by_name["ArticleService"],
        glossary_service_pb2.DESCRIPTOR.services_by_name["GlossaryService"],
    ]
    public = {
        name
        for name, value in inspect.getmembers(client)
        if not name.startswith("_") and callable(value) and name not in NOT_CALLS
    }
    assert public == {call_name(method) for service in services for method in methods_of(service)}
