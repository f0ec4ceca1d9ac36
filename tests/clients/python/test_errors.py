import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

from tests.clients.python.servers import make_status
from triwire.v1.article_pb2 import Article, Block
from triwire.v1.article_service_pb2 import ExtractArticleResponse
from triwire_client import BatchResult, Result, TriwireError, errors
from triwire_client.errors import Violation, from_rpc_error, from_status, to_status

REASONS = [
    ("INVALID_FIELD", grpc.StatusCode.INVALID_ARGUMENT, errors.InvalidRequestError),
    ("CONTENT_TOO_LARGE", grpc.StatusCode.INVALID_ARGUMENT, errors.ContentTooLargeError),
    ("LANGUAGE_UNSUPPORTED", grpc.StatusCode.INVALID_ARGUMENT, errors.LanguageUnsupportedError),
    ("LANGUAGE_UNDETECTED", grpc.StatusCode.INVALID_ARGUMENT, errors.LanguageUndetectedError),
    ("NO_ARTICLE_TEXT", grpc.StatusCode.INVALID_ARGUMENT, errors.NoArticleTextError),
    ("ITEM_ID_REUSED", grpc.StatusCode.INVALID_ARGUMENT, errors.ItemIdReusedError),
    ("GLOSSARY_NOT_FOUND", grpc.StatusCode.NOT_FOUND, errors.GlossaryNotFoundError),
    ("MODEL_NOT_FOUND", grpc.StatusCode.NOT_FOUND, errors.ModelNotFoundError),
    ("GLOSSARY_EXISTS", grpc.StatusCode.ALREADY_EXISTS, errors.GlossaryExistsError),
    ("ETAG_MISMATCH", grpc.StatusCode.ABORTED, errors.EtagMismatchError),
    ("CREDENTIALS_INVALID", grpc.StatusCode.UNAUTHENTICATED, errors.CredentialsInvalidError),
    ("ACCESS_DENIED", grpc.StatusCode.PERMISSION_DENIED, errors.AccessDeniedError),
    ("QUOTA_EXCEEDED", grpc.StatusCode.RESOURCE_EXHAUSTED, errors.QuotaExceededError),
    ("QUEUE_FULL", grpc.StatusCode.RESOURCE_EXHAUSTED, errors.QueueFullError),
    ("SHUTTING_DOWN", grpc.StatusCode.UNAVAILABLE, errors.ShuttingDownError),
    ("STARTING", grpc.StatusCode.UNAVAILABLE, errors.StartingError),
    ("GLOSSARIES_UNAVAILABLE", grpc.StatusCode.UNAVAILABLE, errors.GlossariesUnavailableError),
    ("MODEL_UNAVAILABLE", grpc.StatusCode.UNAVAILABLE, errors.ModelUnavailableError),
    ("DEADLINE", grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceededError),
    ("INFERENCE_FAILED", grpc.StatusCode.INTERNAL, errors.InferenceFailedError),
]
"""Every reason of the table in proto/README.md, with its code and the class that callers catch."""

CODES = [
    (grpc.StatusCode.INVALID_ARGUMENT, errors.InvalidRequestError),
    (grpc.StatusCode.NOT_FOUND, errors.NotFoundError),
    (grpc.StatusCode.UNAUTHENTICATED, errors.CredentialsInvalidError),
    (grpc.StatusCode.PERMISSION_DENIED, errors.AccessDeniedError),
    (grpc.StatusCode.UNAVAILABLE, errors.UnavailableError),
    (grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceededError),
    (grpc.StatusCode.UNIMPLEMENTED, errors.NotImplementedByServerError),
    (grpc.StatusCode.CANCELLED, errors.CancelledError),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, TriwireError),  # gRPC's own message size check, which no retry helps
    (grpc.StatusCode.INTERNAL, TriwireError),
]


@pytest.mark.parametrize(("reason", "code", "kind"), REASONS, ids=[reason for reason, _, _ in REASONS])
def test_each_reason_has_its_class(reason: str, code: grpc.StatusCode, kind: type[TriwireError]) -> None:
    error = from_status(make_status(code, reason))
    assert type(error) is kind
    assert (error.reason, error.code) == (reason, code)


def test_every_reason_of_the_table_is_known_and_no_other() -> None:
    assert set(errors.BY_REASON) == {reason for reason, _, _ in REASONS}


@pytest.mark.parametrize(("code", "kind"), CODES, ids=[code.name for code, _ in CODES])
def test_a_status_without_a_reason_gets_the_class_of_its_code(code: grpc.StatusCode, kind: type[TriwireError]) -> None:
    assert type(from_status(make_status(code))) is kind


def test_an_unknown_reason_gets_the_class_of_its_code() -> None:
    error = from_status(make_status(grpc.StatusCode.INVALID_ARGUMENT, "NOT_YET_INVENTED"))
    assert type(error) is errors.InvalidRequestError
    assert error.reason == "NOT_YET_INVENTED"


def test_the_retry_delay_is_in_seconds_and_zero_is_not_none() -> None:
    code = grpc.StatusCode.UNAVAILABLE
    assert from_status(make_status(code, "STARTING", 2.25)).retry_delay == 2.25
    assert from_status(make_status(code, "SHUTTING_DOWN", 0.0)).retry_delay == 0.0
    assert from_status(make_status(code, "STARTING")).retry_delay is None


def make_error() -> errors.ContentTooLargeError:
    return errors.ContentTooLargeError(
        "content.text: is too long",
        code=grpc.StatusCode.INVALID_ARGUMENT,
        reason="CONTENT_TOO_LARGE",
        metadata={"limit": "max_article_characters", "actual": "100001", "maximum": "100000"},
        violations=[Violation("content.text", "is too long"), Violation("target_language", "is required")],
        retry_delay=1.5,
        request_id="r-1",
    )


def test_pickling_keeps_class_and_attributes() -> None:
    error = pickle.loads(pickle.dumps(make_error()))  # noqa: S301 - bytes made here
    assert type(error) is errors.ContentTooLargeError
    assert str(error) == "content.text: is too long"
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert error.metadata == {"limit": "max_article_characters", "actual": "100001", "maximum": "100000"}
    assert error.violations[1] == Violation("target_language", "is required")
    assert (error.reason, error.retry_delay, error.request_id) == ("CONTENT_TOO_LARGE", 1.5, "r-1")


def test_an_error_stored_as_a_status_reads_back_the_same() -> None:
    again = from_status(status_pb2.Status.FromString(to_status(make_error()).SerializeToString()), "r-1")
    assert type(again) is errors.ContentTooLargeError
    assert vars(again) == vars(make_error())


def test_details_that_are_broken_or_contradict_the_code_do_not_hide_the_failure() -> None:
    other = make_status(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND").SerializeToString()
    for details in (b"\xff\xff\xff", other):
        trailing = Metadata(("grpc-status-details-bin", details), ("triwire-request-id", "r-2"))
        raised = AioRpcError(
            grpc.StatusCode.UNAVAILABLE, Metadata(), trailing, details="went away", debug_error_string=""
        )
        error = from_rpc_error(raised)
        assert type(error) is errors.UnavailableError
        assert (str(error), error.request_id) == ("went away", "r-2")


def test_all_violations_are_kept_in_order() -> None:
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="content", description="is required")
    bad.field_violations.add(field="target_language", description="is required")
    status = make_status(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    status.details.add().Pack(bad)
    assert from_status(status).violations == (
        Violation("content", "is required"),
        Violation("target_language", "is required"),
    )


def raise_in_a_worker() -> None:
    """What a worker of a pool meets."""
    error = make_error()
    error.add_note("not tried again: too many calls of this client failed")
    error.partial = Result(ExtractArticleResponse(article=Article(language="en", blocks=[Block(text="The harbour")])))
    raise error


def test_an_error_comes_out_of_a_worker_process_as_it_was_raised() -> None:
    context = multiprocessing.get_context("spawn")  # as on Windows and macOS
    with ProcessPoolExecutor(1, mp_context=context) as pool, pytest.raises(errors.ContentTooLargeError) as raised:
        pool.submit(raise_in_a_worker).result(60)
    error = raised.value
    assert (error.code, error.reason, error.request_id) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "CONTENT_TOO_LARGE",
        "r-1",
    )
    assert (error.retry_delay, error.metadata["maximum"]) == (1.5, "100000")
    assert error.violations == make_error().violations
    assert error.__notes__ == ["not tried again: too many calls of this client failed"]
    assert error.partial is not None
    assert error.partial.text == "The harbour"


@pytest.mark.parametrize("kind", [TriwireError, *errors.BY_REASON.values()])
def test_every_class_of_error_copies_and_pickles(kind: type[TriwireError]) -> None:
    error = kind("a message", retry_delay=2.0)
    error.add_note("a note")
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - made here
        assert type(again) is kind
        assert vars(again) == vars(error)
        assert again.args == ("a message",)


def test_the_answer_to_an_item_of_a_batch_pickles() -> None:
    answers = [
        BatchResult("a", ExtractArticleResponse(article=Article(language="ko")), None),
        BatchResult("b", None, make_error()),
    ]
    good, bad = pickle.loads(pickle.dumps(answers))  # noqa: S301 - bytes made here
    assert good == answers[0]
    assert (bad.item_id, type(bad.error)) == ("b", errors.ContentTooLargeError)
    with pytest.raises(errors.ContentTooLargeError):
        bad.unwrap()
