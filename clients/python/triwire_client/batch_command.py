"""The command `triwire batch`: a file of items in, a file of answers out."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from triwire.v1 import article_service_pb2
from triwire_client import batch_files
from triwire_client.batch import BatchResult
from triwire_client.client import Client
from triwire_client.failures import PARTIAL
from triwire_client.inputs import InputError
from triwire_client.progress import batch_bar
from triwire_client.session import CallFailed, Session, say


def batch(
    context: typer.Context,
    items: Annotated[str, typer.Argument(metavar="IN.jsonl", help="An item a line, or - for standard input.")],
    answers: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="An answer a line, added as they come.")],
    window: Annotated[int, typer.Option(min=1, help="Items that may be under way at once.")] = 64,
) -> int:
    """Work through a file of items; run it again to go on and to retry what failed.

    Each line of IN is a ProcessBatchRequest as protobuf JSON:
    {"item_id": "a1", "translate": {"content": {"text": "..."}, "target_language": "ko"}}.
    Items that have a result in OUT are skipped. --timeout is for the whole batch.
    """
    session: Session = context.obj
    if items != "-" and answers.exists() and Path(items).exists() and os.path.samefile(items, answers):
        raise InputError(f"{answers}: is the input; give another output file")
    total = None if items == "-" else batch_files.count_items(Path(items))
    done = batch_files.resume(answers)
    num_skipped = num_done = num_failed = 0

    async def call(client: Client) -> int:
        nonlocal num_done
        lines = sys.stdin.buffer if items == "-" else Path(items).open("rb")  # noqa: ASYNC230, SIM115 - local; closed below
        with lines, answers.open("ab") as out, batch_bar(session.err) as bar:
            task = bar.add_task("items", total=total, failed=0)

            def note(result: BatchResult) -> None:
                nonlocal num_done, num_failed
                num_done += result.error is None
                num_failed += result.error is not None
                out.write(batch_files.write_result(result))
                out.flush()
                bar.update(task, advance=1, failed=num_failed)

            def unfinished() -> Iterator[article_service_pb2.ProcessBatchRequest]:
                nonlocal num_skipped
                for item in batch_files.read_items(lines, done):
                    if item is None:
                        num_skipped += 1
                        bar.update(task, advance=1)
                    elif isinstance(item, batch_files.BadLine):
                        note(item.result)
                    else:
                        yield item

            async for result in client.process_batch(unfinished(), window=window, timeout=session.timeout):
                note(result)
        return PARTIAL if num_failed else 0

    try:
        code = session.run(call)
    except CallFailed as failed:
        failed.line += f"; {num_done + num_failed:,} items were answered before, the same command goes on from there"
        raise
    except OSError as error:
        raise InputError(f"{error.filename or answers}: {error.strerror or error}") from error
    if session.as_json:
        sys.stdout.write(f'{{"done": {num_done}, "skipped": {num_skipped}, "failed": {num_failed}}}\n')
    else:
        remedy = f"; {answers} has the reasons, and the same command tries them again" if num_failed else ""
        say(f"{num_done:,} done, {num_skipped:,} skipped, {num_failed:,} failed{remedy}")
    return code
