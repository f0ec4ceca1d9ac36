"""Articles in rows of a table: a row becomes a request, its answer a row. docs/backfill.md has the columns."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from google.protobuf import json_format
from google.rpc import code_pb2

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.batch import BatchResult
from triwire_client.batch_files import write_answer
from triwire_client.content import CleaningName, parse_summary, to_content
from triwire_client.errors import InvalidRequestError, Violation, from_status, invalid_request
from triwire_client.inputs import InputError, one_line, read_summary, read_text, source_name
from triwire_client.review import Reviewable, as_processed
from triwire_client.review.bodies import body_of
from triwire_client.words import summary_style

CONTENT_COLUMNS = ("text", "html", "article")
"""Of these a row fills exactly one."""

TEXT_COLUMNS = ("id", *CONTENT_COLUMNS, "language", "request")
LIST_COLUMNS = ("target_languages", "summaries")

Row = Mapping[str, Any]
"""What a row holds by column: text, lists of it, None; bytes stand for what is not UTF-8. The id may be an `int`."""


class RowItems:
    """Rows as the items of a batch: give it to `process_batch`, and each of its results to `named`.

    On the wire a row is called by its place, since the contract allows ids less than tables do.

    Args:
        rows: with ids that are unique.
        asked: what is asked of rows that do not say it themselves.
    """

    def __init__(self, rows: Iterable[Row], asked: article_service_pb2.ProcessArticleRequest) -> None:
        self._rows = rows
        self._asked = asked
        self._ids: dict[str, str] = {}
        self._refused: deque[BatchResult] = deque()

    def __iter__(self) -> Iterator[article_service_pb2.ProcessBatchRequest]:
        for number, row in enumerate(self._rows, 1):
            try:
                request = to_request(row, self._asked)
            except InvalidRequestError as error:
                self._refused.append(BatchResult(str(row["id"]), None, error))
                continue
            item_id = f"row-{number}"
            self._ids[item_id] = str(row["id"])
            yield article_service_pb2.ProcessBatchRequest(item_id=item_id, process_article=request)

    def named(self, result: BatchResult) -> BatchResult:
        """A result under the id of its row."""
        return replace(result, item_id=self._ids.pop(result.item_id))

    def refused(self) -> Iterator[BatchResult]:
        """Results of rows read so far that are no request and were not sent, each of them once."""
        while self._refused:
            yield self._refused.popleft()


def to_request(row: Row, asked: article_service_pb2.ProcessArticleRequest) -> article_service_pb2.ProcessArticleRequest:
    """The request of a row, of priority BULK unless it names another.

    Args:
        row: see `Row`.
        asked: what is asked of a row without a `request` of its own.

    Raises:
        InvalidRequestError: with every violation; its fields are columns.
    """
    violations = [Violation(name, "is not UTF-8") for name, value in row.items() if isinstance(value, bytes)]
    request = article_service_pb2.ProcessArticleRequest()
    if row.get("request"):
        violations += _parse("request", row["request"], request)
        if request.content.WhichOneof("kind"):
            violations.append(Violation("request", "content: only cleaning and language; the article has its column"))
    else:
        request.CopyFrom(asked)
    violations += _fill_content(row, request.content)
    if row.get("target_languages") is not None:
        request.target_languages[:] = [language or "" for language in row["target_languages"]]
    if row.get("summaries") is not None:
        del request.summaries[:]
        try:
            request.summaries.extend(parse_summary(name or "") for name in row["summaries"])
        except ValueError as error:
            violations.append(Violation("summaries", one_line(error)))
    if violations:
        raise invalid_request(violations)
    request.priority = request.priority or article_service_pb2.PRIORITY_BULK
    return request


def asked_of_all(
    to: Sequence[str], summaries: Sequence[str], cleaning: CleaningName | None, request: str
) -> article_service_pb2.ProcessArticleRequest:
    """What is asked of rows that do not say it themselves, as the options of a command say it.

    Args:
        to: languages of translations.
        summaries: "bullets", "headline:ko".
        cleaning: whether boilerplate is looked for; None: as ProcessArticle does by default.
        request: file with the rest of it, a ProcessArticleRequest as protobuf JSON; empty: none.

    Raises:
        InputError: an option does not say it.
    """
    asked = article_service_pb2.ProcessArticleRequest()
    if request:
        try:
            json_format.Parse(read_text(request), asked)
        except (json_format.ParseError, ValueError) as error:
            words = f"is not a ProcessArticleRequest as protobuf JSON: {one_line(error)}"
            raise InputError(f"--request: {source_name(request)}: {words}") from error
        if asked.content.WhichOneof("kind"):
            raise InputError(f"--request: {source_name(request)}: content: rows have it; only cleaning and language")
    asked.target_languages.extend(to)
    asked.summaries.extend(map(read_summary, summaries))
    if cleaning is not None:
        asked.content.CopyFrom(to_content(asked.content, cleaning=cleaning))
    return asked


def to_columns(answer: article_service_pb2.ProcessBatchResponse) -> dict[str, Any]:
    """The row of an answer to `process_article`; its id is text."""
    row: dict[str, Any] = {"id": answer.item_id, "status": "done", "result": write_answer(answer).decode().rstrip("\n")}
    if answer.HasField("error"):
        error = from_status(answer.error)
        code = code_pb2.Code.Name(answer.error.code) if answer.error.code in code_pb2.Code.values() else "UNKNOWN"
        failed = {"error_code": code, "error_reason": error.reason, "error_message": error.message}
        return row | {"status": "failed"} | failed
    response = answer.process_article
    found = findings_of(response)
    models = dict.fromkeys(model for made in _outputs(response) for model in made.models)
    return row | {
        "source_language": next((made.source_language for made in _outputs(response)), None),
        "translations": [_translation(made) for made in response.translations],
        "summaries": [_summary(made) for made in response.summaries],
        "findings": len(found),
        "critical_findings": sum(one.severity == article_service_pb2.Finding.SEVERITY_CRITICAL for one in found),
        "models": list(models),
        "input_tokens": response.usage.input_tokens,
        "output_tokens": response.usage.output_tokens,
    }


def findings_of(result: Reviewable) -> list[article_service_pb2.Finding]:
    """Every finding of a result, wherever it stands."""
    processed = as_processed(result)
    return [
        *(found for made in processed.translations for found in _translation_findings(made)),
        *(found for made in processed.summaries for found in _summary_findings(made)),
    ]


def _fill_content(row: Row, content: article_pb2.Content) -> list[Violation]:
    filled = [name for name in CONTENT_COLUMNS if row.get(name) or isinstance(row.get(name), bytes)]
    if len(filled) != 1:
        columns = ", ".join(CONTENT_COLUMNS)
        return [Violation("content", f"{columns}: exactly one is to be filled, not {' and '.join(filled) or 'none'}")]
    (name,) = filled
    if isinstance(row[name], bytes):
        return []  # told already
    if name != "article":
        setattr(content, name, row[name])
        content.language = row.get("language") or content.language
        return []
    violations = _parse(name, row[name], content.article)
    content.article.language = row.get("language") or content.article.language or content.language
    content.ClearField("language")  # an article carries its own
    content.article.SetInParent()
    return violations


def _parse(column: str, text: str, message: Any) -> list[Violation]:
    try:
        json_format.Parse(text, message)
    except (json_format.ParseError, ValueError, RecursionError) as error:
        kind = message.DESCRIPTOR.name
        return [Violation(column, f"is not {kind} as protobuf JSON: {one_line(error)}")]
    return []


def _outputs(
    response: article_service_pb2.ProcessArticleResponse,
) -> list[article_service_pb2.Translation | article_service_pb2.Summary]:
    return [*response.translations, *response.summaries]


def _translation(made: article_service_pb2.Translation) -> dict[str, Any]:
    bodies = [body_of(block.block) for block in made.blocks]
    found = len(_translation_findings(made))
    return {"target_language": made.target_language, "text": "\n\n".join(bodies), "findings": found}


def _translation_findings(made: article_service_pb2.Translation) -> Sequence[article_service_pb2.Finding]:
    return [*made.findings, *(found for block in made.blocks for found in block.findings)]


def _summary(made: article_service_pb2.Summary) -> dict[str, Any]:
    text = "\n".join(point.text for point in made.points)
    style, found = summary_style(made.style), len(_summary_findings(made))
    return {"style": style, "target_language": made.target_language, "text": text, "findings": found}


def _summary_findings(made: article_service_pb2.Summary) -> Sequence[article_service_pb2.Finding]:
    return [*made.findings, *(found for point in made.points for found in point.findings)]
