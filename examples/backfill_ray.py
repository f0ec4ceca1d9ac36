"""Process very many articles with Ray Data: Parquet in, Parquet out, on as many replicas of triwire as there are.

    python examples/backfill_ray.py articles/ answers/ --to ko --to ja --target dns:///triwire-headless:50051

Run it again after an interruption, and it goes on: docs/backfill.md says what stands in the columns, how it resumes,
and how it runs on KubeRay. Needs `pip install 'triwire[backfill]'`.
"""

import argparse
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset
import ray
from google.protobuf import json_format
from ray.data.checkpoint import CheckpointConfig

from triwire.v1.article_service_pb2 import ProcessArticleRequest
from triwire_client import RetryPolicy, SyncClient
from triwire_client.article_rows import asked_of_all
from triwire_client.inputs import InputError
from triwire_client.parquet_files import ParquetInput
from triwire_client.parquet_rows import answer_table


class Answers:
    """A worker: its own connection to the replicas, one stream of ProcessBatch for each table."""

    def __init__(self, target: str, asked: str, window: int) -> None:
        # A job may wait: about ten minutes for replicas that are all away, before it ends and is run again.
        self._client = SyncClient(target, retry=RetryPolicy(max_attempts=30, max_seconds=60.0))
        self._asked = json_format.Parse(asked, ProcessArticleRequest())
        self._window = window

    def __call__(self, articles: pa.Table) -> pa.Table:
        """A row for each row, with its error where it failed. Rows have priority BULK unless they name another."""
        return answer_table(self._client, articles, self._asked, window=self._window)


def backfill(options: argparse.Namespace, asked: ProcessArticleRequest) -> None:
    """Answer every article that has no answer yet.

    Ray notes beside each file that it writes which ids are in it, before and after, so that a file that was begun
    when the job was killed is removed and its rows are answered again.
    """
    ray.data.DataContext.get_current().checkpoint_config = CheckpointConfig(
        id_column="id", checkpoint_path=options.checkpoint, delete_checkpoint_on_success=False
    )
    constructor = {"target": options.target, "asked": json_format.MessageToJson(asked), "window": options.window}
    articles = ray.data.read_parquet(options.source).repartition(target_num_rows_per_block=options.rows)
    answered = articles.map_batches(
        Answers,
        fn_constructor_kwargs=constructor,
        batch_size=None,  # a block: what is answered, written and resumed together
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=options.workers),
        num_cpus=0,  # it waits for replicas; what Ray reads, filters and writes with needs the processors
    )
    answered.write_parquet(options.answers, mode="append", concurrency=options.workers, compression="zstd")


def told(answers: str) -> dict[str, int]:
    """What stands in the answers so far."""
    try:
        # A job that was killed may leave a file without its end; Ray removes it when the job runs again.
        files = pyarrow.dataset.dataset(answers, format="parquet", exclude_invalid_files=True)
        table = files.to_table(columns=["status", "findings", "input_tokens", "output_tokens"])
    except FileNotFoundError:
        return {"articles": 0, "failed": 0, "findings": 0, "tokens": 0}
    failed = table["status"].to_pylist().count("failed")
    sums = {name: pa.compute.sum(table[name]).as_py() or 0 for name in ("findings", "input_tokens", "output_tokens")}
    tokens = sums["input_tokens"] + sums["output_tokens"]
    return {"articles": table.num_rows, "failed": failed, "findings": sums["findings"], "tokens": tokens}


def located(place: str) -> str:
    """A place for every machine of the cluster: a URI as it is, a path from the root."""
    return place.rstrip("/") if "://" in place else str(Path(place).resolve())


def main() -> None:
    """Read the command line, run, and tell what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="folder or file of articles; a URI that pyarrow knows (s3://...), or a path")
    parser.add_argument("answers", help="folder that the answers are written to")
    parser.add_argument("--target", required=True, help="dns:///headless-service:50051, or ipv4:host:port,host:port")
    parser.add_argument("--to", action="append", default=[], help="language of a translation; may be repeated")
    parser.add_argument("--summary", action="append", default=[], help="bullets, headline:ko ...; may be repeated")
    parser.add_argument("--cleaning", choices=["page", "none"], help="page looks for boilerplate, none does not")
    parser.add_argument("--request", default="", help="file: the rest, a ProcessArticleRequest as protobuf JSON")
    parser.add_argument("--workers", type=int, default=4, help="streams at once: two for each replica")
    parser.add_argument("--window", type=int, default=64, help="articles under way in a stream")
    parser.add_argument("--rows", type=int, default=1_000, help="articles in a file; what a killed job does again")
    parser.add_argument("--checkpoint", help="which ids are written; ANSWERS-checkpoint")
    options = parser.parse_args()
    options.source, options.answers = located(options.source), located(options.answers)
    options.checkpoint = located(options.checkpoint or f"{options.answers}-checkpoint")
    try:
        asked = asked_of_all(options.to, options.summary, options.cleaning, options.request)
        ParquetInput(options.source).check(asked)
    except InputError as error:
        parser.exit(2, f"{error}\n")
    begun, before = time.monotonic(), told(options.answers)
    backfill(options, asked)
    seconds, after = time.monotonic() - begun, told(options.answers)
    articles, tokens = after["articles"] - before["articles"], after["tokens"] - before["tokens"]
    print(f"{articles:,} articles in {seconds:,.0f} s: {articles / seconds:,.2f}/s, {tokens / seconds:,.0f} tokens/s")
    print(f"{after['articles']:,} in all, {after['failed']:,} failed, {after['findings']:,} findings")


if __name__ == "__main__":
    main()
