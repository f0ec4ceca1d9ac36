"""What does the service cost on top of its engine, and what does an article cost that was revised?

    python benchmarks/service.py --profile demo --json figures/service.json
    python benchmarks/service.py --profile PROFILE.toml --repetitions 1

Overhead. A page is summarized and translated by the way of `make demo`: `triwire-server serve` and a client, both
processes of their own, the cache of results off. The segments that the pipeline asks the engine for are recorded once
and given to an engine in this process, each when those before it are done, with no network, text or checks around
them. Both take turns; the overhead is what the first takes longer, by the wall and by CPU time of server and client.
The client is measured twice: as the command, whose own start is part of it, and as a client that is connected already.

Revision. An article of 40 paragraphs is translated by a server with its cache, then once more with one paragraph
changed; the share of the first time that the second takes. Its paragraphs are written for this file.

A profile for a first try: `python -c "from pathlib import Path; from tests.tiny_models import write_tiny_profile;
print(write_tiny_profile(Path('build/tiny')))"`. The last line is one JSON object.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import argparse
import asyncio
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from triwire.v1 import article_service_pb2
from triwire_client.content import to_content, to_summaries
from triwire_client.sync import SyncClient
from triwire_server.engine.engine import Engine
from triwire_server.engine.models.catalog import ModelCatalog
from triwire_server.limits import Limits
from triwire_server.pipeline.context import CallContext
from triwire_server.pipeline.process import Pipeline
from triwire_server.profiles.profile import Profile, load_profile
from triwire_server.settings_sources import load_settings
from ways.deployment import start_engine
from ways.measure import finish, median_and_range
from ways.service import Recording, RecordingEngine, Service, replay

PAGE = Path(__file__).resolve().parent.parent / "examples" / "articles" / "scraped-page.en.txt"
TARGETS = ("ko", "ja")

PLACES = ("Varrow", "Eastmere", "Calder", "Saltmarsh", "Northholm")
EVENTS = (
    "The council of {place} reopened the northern pier on {day} May after a winter of repairs. Engineers had found that"
    " salt had weakened the concrete.",
    "A bakery in {place} has sold bread to the crews of the fishing fleet since {day} May. Its owner said that the"
    " queue reached the harbour wall by noon.",
    "Pupils of the school in {place} planted trees along the river on {day} May. The oldest of them is expected to"
    " give shade in twenty years.",
    "The ferry to {place} was cancelled on {day} May because of the wind. Some ninety passengers spent the night in"
    " the town hall.",
    "The library of {place} lent more books in the week of {day} May than in any other this year. Half of them were"
    " detective stories, the librarian said.",
    "Police in {place} are looking for a grey van that left the warehouse on {day} May. Nobody was hurt, and nothing of"
    " value is missing.",
    "Volunteers in {place} counted seals on the beach on {day} May and found more than last spring. They will count"
    " again in the autumn.",
    "The mayor of {place} promised on {day} May to publish the report about the bridge. A date for the repairs was not"
    " given.",
)
"""Eight events in five places: forty paragraphs."""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="demo", help="name of a shipped profile, or a TOML file")
    parser.add_argument("--page", type=Path, default=PAGE, help="page to summarize and translate")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", choices=("overhead", "revision"))
    parser.add_argument("--json", type=Path, help="where to write all figures")
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        "benchmark": "service",
        "profile": Path(arguments.profile).stem,
        "repetitions": arguments.repetitions,
    }
    if arguments.only != "revision":
        result["overhead"] = asyncio.run(measure_overhead(arguments))
    if arguments.only != "overhead":
        result["revision"] = measure_revision(arguments)
    finish(result, arguments.json)


async def measure_overhead(arguments: argparse.Namespace) -> dict[str, Any]:
    """Service and engine in turns over the same segments."""
    profile = load_profile(arguments.profile)
    page = arguments.page.read_text(encoding="utf-8")
    engine, recording, written = await _record(profile, page)
    print(f"{recording.num_segments} segments, {written} tokens", flush=True)
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in ("command", "client", "engine", "all at once")}
    with Service(arguments.profile, cache_bytes=0) as service:
        for repetition in range(arguments.repetitions):
            for name in list(figures)[:: -1 if repetition % 2 else 1]:
                cpu = service.process.cpu_seconds() + _own_cpu_seconds()
                if name == "command":
                    seconds, tokens = await asyncio.to_thread(_run_command, service.target, arguments.page)
                elif name == "client":
                    seconds, tokens = await asyncio.to_thread(_run_client, service.target, page)
                else:
                    seconds, tokens = await replay(engine, recording, in_order=name == "engine")
                cpu = service.process.cpu_seconds() + _own_cpu_seconds() - cpu
                figures[name].append({"wall": seconds, "cpu": cpu})
                print(f"{name}: {seconds:.2f} s, {cpu:.2f} s of CPU, {tokens or written} tokens", flush=True)
                if tokens not in (0, written):
                    print(f"note: {name} wrote {tokens} tokens, not {written}: outputs differed", flush=True)
    await engine.stop()
    made: dict[str, Any] = {"segments": recording.num_segments, "tokens": written}
    for name in figures:
        made[name] = {kind: median_and_range((run[kind] for run in figures[name]), 3) for kind in ("wall", "cpu")}
    print("\noverhead over the engine alone, by the wall and by CPU time")
    for name in ("command", "client"):
        for base in ("engine", "all at once"):
            pairs = list(zip(figures[name], figures[base], strict=True))
            overhead = {
                kind: median_and_range((one[kind] / other[kind] - 1 for one, other in pairs), 4)
                for kind in ("wall", "cpu")
            }
            made[f"{name} over {base}"] = overhead
            texts = [f"{value['median']:7.2%}" for value in overhead.values() if value]
            print(f"{name} over {base}: {'  '.join(texts)}")
    return made


async def _record(profile: Profile, page: str) -> tuple[Engine, Recording, int]:
    """An engine of this process, and what the pipeline asks it for; it is warm then."""
    engine = await start_engine(profile, load_settings({}))
    recording = Recording()
    pipeline = Pipeline(RecordingEngine(engine, recording), ModelCatalog(profile.cards), Limits())  # type: ignore[arg-type]  # stands for it
    request = article_service_pb2.ProcessArticleRequest(
        content=to_content(page), target_languages=TARGETS, summaries=to_summaries(["bullets"])
    )
    answer = await pipeline.process(request, CallContext(request_id="recorded"))
    return engine, recording, int(answer.usage.output_tokens)


def _run_command(target: str, page: Path) -> tuple[float, int]:
    """The command that `make demo` runs; it does not tell the tokens."""
    command = [sys.executable, "-m", "triwire_client.cli", "--target", target, "process", str(page)]
    command += ["--summary", "bullets", *(part for language in TARGETS for part in ("--to", language)), "--json"]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, 0


def _run_client(target: str, page: str) -> tuple[float, int]:
    with SyncClient(target) as client:
        client.list_models()  # connected
        began = time.perf_counter()
        answer = client.process_article(page, target_languages=TARGETS, summaries=["bullets"], timeout=3600)
        return time.perf_counter() - began, int(answer.usage.output_tokens)


def _own_cpu_seconds() -> float:
    """Of this process and of the commands that it ran."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure_revision(arguments: argparse.Namespace) -> dict[str, Any]:
    """An article for the first time and with one paragraph changed."""
    runs = []
    with Service(arguments.profile) as service, SyncClient(service.target) as client:
        for repetition in range(arguments.repetitions):
            paragraphs = make_paragraphs(day=1 + repetition)
            changed = [*paragraphs]
            middle = len(paragraphs) // 2
            changed[middle] = paragraphs[middle].replace(" May", " June")
            first = _translate(service, client, paragraphs)
            second = _translate(service, client, changed)
            runs.append({kind: second[kind] / first[kind] for kind in first if first[kind]})
            print(f"first {_figures(first)}; one of {len(paragraphs)} changed {_figures(second)}", flush=True)
    shares = {kind: median_and_range((run[kind] for run in runs), 4) for kind in runs[0]}
    print(f"\nthe revised article costs, of the first time (1/20 is {1 / 20:.3f}):")
    for kind in runs[0]:
        print(f"{kind}: {statistics.median(run[kind] for run in runs):.4f}")
    return {"paragraphs": len(PLACES) * len(EVENTS), "shares": shares}


def make_paragraphs(day: int) -> list[str]:
    """Forty paragraphs, no two of them alike; others for each day."""
    return [event.format(place=place, day=day) for place in PLACES for event in EVENTS]


def _translate(service: Service, client: SyncClient, paragraphs: list[str]) -> dict[str, float]:
    cpu = service.process.cpu_seconds()
    began = time.perf_counter()
    answer = client.translate("\n\n".join(paragraphs), TARGETS[0], source_language="en", timeout=3600)
    return {
        "wall": time.perf_counter() - began,
        "cpu": service.process.cpu_seconds() - cpu,
        "tokens": float(answer.usage.input_tokens + answer.usage.output_tokens),
        "segments": float(answer.usage.segments - answer.usage.cached_segments),
    }


def _figures(one: dict[str, float]) -> str:
    return f"{one['wall']:.2f} s, {one['cpu']:.2f} s of CPU, {one['segments']:.0f} segments computed"


if __name__ == "__main__":
    main()
