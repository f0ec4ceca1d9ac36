"""The same question as engine.py for decoder-only models: tokens a second, against other ways to batch.

    python benchmarks/chat.py --quick
    python benchmarks/chat.py --json figures/chat.json
    python benchmarks/chat.py --model DIRECTORY --cache build/ctranslate2 --json figures/chat-demo.json

Without `--model`: a Qwen2 of 125M parameters with random weights whose outputs depend on what was read and written.
Prompts are the same instructions and a text of its own lognormal length; every way writes the same number of tokens
for each prompt and is credited with these alone. The ways take turns; medians and ranges, by the wall and by CPU time.
Tokens prefilled are counted at the embedding, padding included, with the shared instructions computed once and not.

With `--model`: a directory in the converted form (row-wise int8) as `triwire-server models pull` makes it, against
CTranslate2 int8 of the same weights, on prompts of the profile's own instructions and lines of the example articles.
CTranslate2's form of it is written to `--cache` once (minutes, and memory for the model in float32).

`transformers serve` is asked at /v1/completions: its chat endpoint puts tokens of its own around a prompt. Its
checkpoint has no end token, so that `max_tokens` gives every request its length. The last line is one JSON object.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ways.converted import converted_work, ensure_ctranslate2, load_for_engine
from ways.generate import STATIC_BATCH, packed_copy, run_static
from ways.generate_batch_way import GenerateBatch
from ways.measure import (
    Way,
    add_common_arguments,
    finish,
    make_all,
    report,
    runs_for_file,
    set_up,
    take_turns,
)
from ways.models import CHATS, make_chat
from ways.peers import is_installed
from ways.transformers_serve_way import TransformersServe
from ways.triwire import EngineChat, count_prefilled, run_engine
from ways.work import Work, make_chat_work, num_output_tokens

BASE = "generate static 16"
ONE_BY_ONE = "generate one by one"

QUICK_WAYS = (
    ONE_BY_ONE,
    BASE,
    "generate_batch",
    "triwire packed",
    "triwire int8",
    "CTranslate2 float32",
    "CTranslate2 int8",
)

COMPARISONS = (
    ("generate_batch", BASE),
    ("triwire plain", BASE),
    ("triwire plain", "generate_batch"),
    ("triwire packed", BASE),
    ("triwire packed", "generate sorted 16 packed"),
    ("triwire packed", "generate_batch"),
    ("triwire packed", "transformers serve"),
    ("triwire packed", "CTranslate2 float32"),
    ("triwire int8", BASE),
    ("triwire int8", "CTranslate2 int8"),
    ("triwire packed", "triwire packed, nothing shared"),
    ("triwire int8", "triwire int8, nothing shared"),
)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=CHATS, default="125M")
    parser.add_argument("--shared", type=int, default=32, help="tokens of the instructions that all prompts share")
    parser.add_argument("--model", type=Path, help="directory of a converted model, instead of random weights")
    parser.add_argument("--profile", default="demo", help="whose instructions the prompts have, with --model")
    parser.add_argument("--cache", type=Path, default=Path("build/ctranslate2"), help="for CTranslate2's form of it")
    parser.add_argument("--quick", action="store_true", help="24 sequences, once, the ways that matter most")
    parser.add_argument("--one-by-one-once", action="store_true", help="run it in the first repetition alone")
    add_common_arguments(parser, sequences=96)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.sequences, arguments.repetitions = min(arguments.sequences, 24), 1
        arguments.only = arguments.only or (QUICK_WAYS if arguments.model is None else None)
    set_up(arguments.threads)
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.model is None:
            work = make_chat_work(arguments.sequences, CHATS[arguments.shape].vocabulary, shared=arguments.shared)
            engines, makers = _random_ways(arguments, work, Path(scratch))
        else:
            work = converted_work(arguments.model, arguments.profile, arguments.sequences)
            engines, makers = _converted_ways(arguments, work)
        wanted = [name for name in arguments.only or makers if name in makers or name not in QUICK_WAYS]
        ways = make_all(makers, wanted)
        figures = take_turns(ways, work, arguments.repetitions)
        tables = report(figures, work, ways, BASE, COMPARISONS, arguments)
        prefilled = _prefilled(engines, work, arguments.slots)
    shape = arguments.shape if arguments.model is None else arguments.model.name
    result = {"benchmark": "chat", "shape": shape, **tables, "prefilled_tokens": prefilled}
    finish(result, arguments.json, runs_for_file(figures))


Makers = dict[str, Callable[[], Way]]
Engines = dict[str, Callable[[], EngineChat]]


def _random_ways(arguments: argparse.Namespace, work: list[Work], scratch: Path) -> tuple[Engines, Makers]:
    """Engines with and without sharing, and all ways, for random weights."""
    slots, threads = arguments.slots, arguments.threads
    plain = make_chat(arguments.shape)

    def static(
        size: int, *, is_sorted: bool = False, once: bool = False, model: Callable[[], Any] = lambda: plain
    ) -> Way:
        held = model()
        return Way(lambda work: run_static(held, work, size, is_sorted=is_sorted), ONE_BY_ONE, once=once)

    def generate_batch() -> Way:
        return Way(GenerateBatch(plain, slots).run, ONE_BY_ONE)

    def serve() -> Way:
        longest = max(len(each.source) + each.length for each in work)
        server = TransformersServe(plain, threads, slots, longest)
        return Way(server.run, ONE_BY_ONE, server.process)

    def ctranslate2(compute_type: str) -> Way:
        from ways.ctranslate2_ways import Generator, convert

        directory = scratch / compute_type
        convert(plain, compute_type, directory)
        return Way(Generator(directory, plain.config.vocab_size, compute_type, threads).run, ONE_BY_ONE)

    makers: Makers = {
        ONE_BY_ONE: lambda: static(1, once=arguments.one_by_one_once),
        BASE: lambda: static(STATIC_BATCH),
        "generate sorted 16": lambda: static(STATIC_BATCH, is_sorted=True),
        "generate sorted 16 packed": lambda: static(STATIC_BATCH, is_sorted=True, model=lambda: packed_copy(plain)),
        "generate_batch": generate_batch,
        "triwire plain": lambda: _engine(EngineChat(plain, "plain"), slots),
        "triwire packed": lambda: _engine(EngineChat(plain, "packed"), slots),
        "triwire int8": lambda: _engine(EngineChat(plain, "int8"), slots),
        "triwire packed, nothing shared": lambda: _engine(EngineChat(plain, "packed", shares_prefix=False), slots),
    }
    if is_installed("transformers serve"):
        makers["transformers serve"] = serve
    if is_installed("CTranslate2"):
        makers["CTranslate2 float32"] = lambda: ctranslate2("float32")
        makers["CTranslate2 int8"] = lambda: ctranslate2("int8")
    engines = {
        "shared": lambda: EngineChat(plain, "plain"),
        "nothing shared": lambda: EngineChat(plain, "plain", shares_prefix=False),
    }
    return engines, makers


def _converted_ways(arguments: argparse.Namespace, work: list[Work]) -> tuple[Engines, Makers]:
    """Engines with and without sharing, and the ways that run row-wise int8 or make int8 of it."""
    slots, threads = arguments.slots, arguments.threads
    makers: Makers = {}
    if is_installed("CTranslate2"):
        # Before anything else is in memory.
        directory = ensure_ctranslate2(arguments.model, arguments.cache)
    model = load_for_engine(arguments.model)
    engines = {
        "shared": lambda: EngineChat(model, "as it is"),
        "nothing shared": lambda: EngineChat(model, "as it is", shares_prefix=False),
    }
    makers["triwire int8"] = lambda: _engine(engines["shared"](), slots)
    makers["triwire int8, nothing shared"] = lambda: _engine(engines["nothing shared"](), slots)
    if is_installed("CTranslate2"):
        from ways.ctranslate2_ways import Generator

        def ctranslate2() -> Way:
            size = model.config.vocab_size
            generator = Generator(directory, size, "int8", threads, end_id=size - 1)
            return Way(generator.run, "triwire int8")

        makers["CTranslate2 int8"] = ctranslate2
    return engines, makers


def _engine(model: EngineChat, slots: int) -> Way:
    return Way(lambda work: run_engine(model, work, slots), ONE_BY_ONE)


def _prefilled(engines: Engines, work: list[Work], slots: int) -> dict[str, dict[str, int | None]]:
    """Tokens read for prompts, as counted on one more run and as the prompts have them."""
    own = sum(len(each.source) - each.shared for each in work)
    shared = sum(each.shared for each in work)
    of_prompts = {"shared": own + (work[0].shared if work else 0), "nothing shared": own + shared}
    made: dict[str, dict[str, int | None]] = {}
    for name, make in engines.items():
        counted = count_prefilled(make(), work, slots)
        made[name] = {"counted": counted, "of_the_prompts": of_prompts[name]}
        text = "not counted" if counted is None else f"{counted:,}"
        print(f"tokens prefilled, instructions {name}: {text} (without padding {of_prompts[name]:,})")
    print(f"tokens written: {num_output_tokens(work):,}")
    return made


if __name__ == "__main__":
    main()
