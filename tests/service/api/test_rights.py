import pytest

from triwire.v1 import article_service_pb2, glossary_service_pb2
from triwire_server.api.rights import RIGHTS, check_method, check_request
from triwire_server.callers import Caller, Right
from triwire_server.errors import AccessDenied
from triwire_server.segment import Priority

READER = Caller(
    name="reader", rights=frozenset({Right.ARTICLES, Right.GLOSSARIES_READ}), highest_priority=Priority.STANDARD
)
Request = article_service_pb2.TranslateRequest


def test_every_method_of_the_contract_has_a_right_and_none_is_extra() -> None:
    services = [
        article_service_pb2.DESCRIPTOR.services_by_name["ArticleService"],
        glossary_service_pb2.DESCRIPTOR.services_by_name["GlossaryService"],
    ]
    assert set(RIGHTS) == {f"/{service.full_name}/{method.name}" for service in services for method in service.methods}


def test_methods_that_change_glossaries_need_the_right_to_write() -> None:
    writes = {method.rsplit("/", 1)[-1] for method, right in RIGHTS.items() if right is Right.GLOSSARIES_WRITE}
    assert writes == {"CreateGlossary", "UpdateGlossary", "DeleteGlossary"}


def test_a_method_that_nobody_thought_of_is_open_to_nobody() -> None:
    with pytest.raises(AccessDenied, match=r"^/triwire\.v1\.ArticleService/Publish is open to nobody$"):
        check_method(Caller(name="root"), "/triwire.v1.ArticleService/Publish")


def test_a_missing_right_is_named() -> None:
    check_method(READER, "/triwire.v1.GlossaryService/GetGlossary")
    with pytest.raises(AccessDenied, match=r"^caller 'reader' lacks the right 'glossaries\.write'$") as raised:
        check_method(READER, "/triwire.v1.GlossaryService/DeleteGlossary")
    assert raised.value.metadata == {"right": "glossaries.write"}


@pytest.mark.parametrize("priority", [0, 2, 3, 99])
def test_a_priority_up_to_the_ceiling_is_let_in(priority: int) -> None:
    # 99 is a value that this version does not know; it reads as unset, which is STANDARD.
    check_request(READER, Request(priority=article_service_pb2.Priority.ValueType(priority)))


def test_a_priority_above_the_ceiling_names_field_and_ceiling() -> None:
    request = Request(priority=article_service_pb2.PRIORITY_INTERACTIVE)
    with pytest.raises(AccessDenied) as raised:
        check_request(READER, request, "request.")
    assert str(raised.value) == ("request.priority: INTERACTIVE is above STANDARD, the highest for caller 'reader'")
    assert raised.value.metadata == {"field": "request.priority", "maximum": "STANDARD"}


def test_an_unset_priority_is_standard_and_may_be_above_the_ceiling() -> None:
    bulk = Caller(name="archive", highest_priority=Priority.BULK)
    with pytest.raises(AccessDenied, match=r"^priority: STANDARD, which is what unset means, is above BULK, "):
        check_request(bulk, Request())
    check_request(bulk, Request(priority=article_service_pb2.PRIORITY_BULK))


def test_stored_glossaries_and_priority_are_refused_together() -> None:
    caller = Caller(name="plain", rights=frozenset({Right.ARTICLES}), highest_priority=Priority.BULK)
    style = article_service_pb2.HouseStyle(glossaries=["glossaries/house"])
    with pytest.raises(AccessDenied) as raised:
        check_request(caller, Request(house_style=style))
    assert str(raised.value) == (
        "priority: STANDARD, which is what unset means, is above BULK, the highest for caller 'plain';"
        " house_style.glossaries: caller 'plain' lacks the right 'glossaries.read'"
    )
    check_request(READER, Request(house_style=style))
