"""How many tokens a second does the engine write, against other ways to batch the same work?

    python benchmarks/engine.py --quick
    python benchmarks/engine.py --json figures/engine-148M.json
    python benchmarks/engine.py --shape 128k --trimmed --json figures/engine-128k.json
    python benchmarks/engine.py --profile-step --shape 148M

An encoder-decoder of the M2M100 family with random weights whose outputs depend on source and history; sources and
outputs of lognormal lengths as news segments have them. Every way writes the same sequences, each to its own length,
and is credited with these tokens alone: what a batch computes beyond the end of a row counts for nothing. The ways
take turns; medians and ranges over the repetitions, by the wall and by CPU time. What a server of its own burns counts.

The shapes: 148M parameters; `128k`, the same layers with the vocabulary of M2M100; `418M-128k`, all of M2M100-418M.
`--trimmed` adds the model with half of its vocabulary cut from embedding and output head; the sources are then drawn
from the half that stays. `--profile-step` takes one decode step apart instead. The last line is one JSON object.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time

import argparse
from collections.abc import Callable
from typing import Any

from ways.generate import STATIC_BATCH, packed_copy, run_static
from ways.measure import (
    Way,
    add_common_arguments,
    compare,
    finish,
    make_all,
    runs_for_file,
    set_up,
    tabulate,
    take_turns,
)
from ways.models import TRANSLATORS, make_translator, trimmed
from ways.peers import is_installed
from ways.step_profile import LONGEST_SOURCE, profile_step
from ways.triwire import FORMS, EngineTranslator, run_engine
from ways.work import make_work

BASE = "generate static 16"
ONE_BY_ONE = "generate one by one"
TRIMMED = ", half the vocabulary"

QUICK_WAYS = (
    ONE_BY_ONE,
    BASE,
    "generate sorted 16 packed",
    "triwire packed",
    "triwire int8",
    "CTranslate2 float32",
    "CTranslate2 int8",
)
QUICK_SECONDS = 270
"""No repetition is begun that would not end by then."""

COMPARISONS = (
    ("triwire plain", BASE),
    ("triwire plain", "generate sorted 16"),
    ("triwire packed", BASE),
    ("triwire packed", "generate static 16 packed"),
    ("triwire packed", "generate sorted 16 packed"),
    ("triwire packed", "CTranslate2 float32"),
    ("triwire packed", "LitServe dynamic 16"),
    ("triwire int8", BASE),
    ("triwire int8", "CTranslate2 int8"),
    ("triwire bf16", "CTranslate2 float32"),
    (f"triwire packed{TRIMMED}", "triwire packed"),
    (f"triwire packed{TRIMMED}", "CTranslate2 float32"),
    (f"triwire int8{TRIMMED}", "triwire int8"),
    (f"triwire int8{TRIMMED}", "CTranslate2 int8"),
)
"""Scheduling with the same kernels first, then what is served, then the trimmed vocabulary."""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=TRANSLATORS, default="148M")
    parser.add_argument("--trimmed", action="store_true", help="also with half of the vocabulary")
    parser.add_argument("--clients", type=int, default=2 * STATIC_BATCH, help="requests under way at LitServe")
    parser.add_argument("--quick", action="store_true", help="48 sequences, the ways that matter most: under 5 minutes")
    parser.add_argument("--one-by-one-once", action="store_true", help="run it in the first repetition alone")
    parser.add_argument("--profile-step", action="store_true", help="take one decode step apart instead")
    add_common_arguments(parser, sequences=300)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.sequences = min(arguments.sequences, 48)
        arguments.repetitions = min(arguments.repetitions, 2)
        arguments.one_by_one_once = True
        arguments.only = arguments.only or list(QUICK_WAYS)
    set_up(arguments.threads)
    vocabulary = TRANSLATORS[arguments.shape].vocabulary
    work = make_work(arguments.sequences, vocabulary // 2 if arguments.trimmed else vocabulary)
    if arguments.profile_step:
        model = make_translator(arguments.shape)
        likely = make_work(4 * arguments.slots, vocabulary)
        running = [each for each in likely if len(each.source) <= LONGEST_SOURCE][: arguments.slots]
        forms = {form: (lambda form=form: EngineTranslator(model, form)) for form in FORMS}
        finish({"benchmark": "step", "shape": arguments.shape, **profile_step(forms, running)}, arguments.json)
        return
    ways = make_ways(arguments)
    try:
        figures = take_turns(
            ways, work, arguments.repetitions, limit_seconds=QUICK_SECONDS if arguments.quick else None
        )
    finally:
        for way in ways.values():
            if way.process is not None:
                way.process.stop()
    rows = tabulate(figures, ways, BASE if BASE in ways else next(iter(ways)))
    result = {
        "benchmark": "engine",
        "shape": arguments.shape,
        "sequences": arguments.sequences,
        "tokens": figures.tokens,
        "repetitions": max(len(runs) for runs in figures.runs.values()),
        "slots": arguments.slots,
        "threads": arguments.threads,
        "base": BASE if BASE in ways else next(iter(ways)),
        "ways": rows,
        "comparisons": compare(figures, COMPARISONS),
    }
    finish(result, arguments.json, runs_for_file(figures))


def make_ways(arguments: argparse.Namespace) -> dict[str, Way]:
    """The ways by name, those that were asked for and can run here."""
    shape, slots, threads = arguments.shape, arguments.slots, arguments.threads
    plain = make_translator(shape)
    half = trimmed(plain, TRANSLATORS[shape].vocabulary // 2) if arguments.trimmed else None
    packed: list[Any] = []

    def packed_static() -> Any:
        if not packed:
            packed.append(packed_copy(plain))
        return packed[0]

    def static(size: int, *, is_packed: bool = False, is_sorted: bool = False, once: bool = False) -> Way:
        model = packed_static() if is_packed else plain
        return Way(lambda work: run_static(model, work, size, is_sorted=is_sorted), ONE_BY_ONE, once=once)

    def triwire(form: str) -> Way:
        model = EngineTranslator(plain, form)
        return Way(lambda work: run_engine(model, work, slots), ONE_BY_ONE)

    def triwire_trimmed(form: str) -> Way:
        model = EngineTranslator(half, form)
        return Way(lambda work: run_engine(model, work, slots), ONE_BY_ONE + TRIMMED)

    def ctranslate2(compute_type: str) -> Way:
        from ways.ctranslate2_ways import Translator

        return Way(Translator(plain, compute_type, threads).run, ONE_BY_ONE)

    def litserve() -> Way:
        from ways.litserve_way import LitServe

        server = LitServe(shape, threads, arguments.clients)
        return Way(server.run, ONE_BY_ONE, server.process)

    makers: dict[str, Callable[[], Way]] = {
        ONE_BY_ONE: lambda: static(1, once=arguments.one_by_one_once),
        BASE: lambda: static(STATIC_BATCH),
        "generate sorted 16": lambda: static(STATIC_BATCH, is_sorted=True),
        "generate static 16 packed": lambda: static(STATIC_BATCH, is_packed=True),
        "generate sorted 16 packed": lambda: static(STATIC_BATCH, is_packed=True, is_sorted=True),
        "triwire plain": lambda: triwire("plain"),
        "triwire packed": lambda: triwire("packed"),
        "triwire int8": lambda: triwire("int8"),
        "triwire bf16": lambda: triwire("bf16"),
    }
    if is_installed("CTranslate2"):
        makers["CTranslate2 float32"] = lambda: ctranslate2("float32")
        makers["CTranslate2 int8"] = lambda: ctranslate2("int8")
    if is_installed("LitServe"):
        makers["LitServe dynamic 16"] = litserve
    if half is not None:
        makers[ONE_BY_ONE + TRIMMED] = lambda: Way(
            lambda work: run_static(half, work, 1), ONE_BY_ONE + TRIMMED, once=True
        )
        makers[f"triwire packed{TRIMMED}"] = lambda: triwire_trimmed("packed")
        makers[f"triwire int8{TRIMMED}"] = lambda: triwire_trimmed("int8")
    wanted = [name for name in arguments.only or makers if name in makers or name not in QUICK_WAYS]
    return make_all(makers, wanted)


if __name__ == "__main__":
    main()
