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
from functools import cache
from typing import Any

from ways.generate import STATIC_BATCH, packed_copy, run_static
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
    if arguments.profile_step:
        finish({"benchmark": "step", "shape": arguments.shape, **profile(arguments)}, arguments.json)
        return
    vocabulary = TRANSLATORS[arguments.shape].vocabulary
    work = make_work(arguments.sequences, vocabulary // 2 if arguments.trimmed else vocabulary)
    ways = make_ways(arguments)
    figures = take_turns(ways, work, arguments.repetitions, limit_seconds=QUICK_SECONDS if arguments.quick else None)
    tables = report(figures, work, ways, BASE, COMPARISONS, arguments)
    result = {"benchmark": "engine", "shape": arguments.shape, **tables}
    finish(result, arguments.json, runs_for_file(figures))


def profile(arguments: argparse.Namespace) -> dict[str, Any]:
    """One decode step in all forms of the linear layers, taken apart."""
    model = make_translator(arguments.shape)
    likely = make_work(4 * arguments.slots, TRANSLATORS[arguments.shape].vocabulary)
    running = [each for each in likely if len(each.source) <= LONGEST_SOURCE][: arguments.slots]
    forms = {form: (lambda form=form: EngineTranslator(model, form)) for form in FORMS}
    return profile_step(forms, running)


def make_ways(arguments: argparse.Namespace) -> dict[str, Way]:
    """The ways by name, those that were asked for and can run here."""
    plain = make_translator(arguments.shape)
    makers = _ways_of(plain, arguments)
    if arguments.trimmed:
        makers |= _trimmed_ways_of(plain, arguments)
    wanted = [name for name in arguments.only or makers if name in makers or name not in QUICK_WAYS]
    return make_all(makers, wanted)


Makers = dict[str, Callable[[], Way]]


def _ways_of(plain: Any, arguments: argparse.Namespace) -> Makers:
    """All ways around the whole model."""
    slots, threads = arguments.slots, arguments.threads
    packed = cache(lambda: packed_copy(plain))

    def ctranslate2(compute_type: str) -> Way:
        from ways.ctranslate2_ways import Translator

        return Way(Translator(plain, compute_type, threads).run, ONE_BY_ONE)

    def litserve() -> Way:
        from ways.litserve_way import LitServe

        server = LitServe(arguments.shape, threads, arguments.clients)
        return Way(server.run, ONE_BY_ONE, server.process)

    makers: Makers = {
        ONE_BY_ONE: lambda: _static(plain, 1, once=arguments.one_by_one_once),
        BASE: lambda: _static(plain, STATIC_BATCH),
        "generate sorted 16": lambda: _static(plain, STATIC_BATCH, is_sorted=True),
        "generate static 16 packed": lambda: _static(packed(), STATIC_BATCH),
        "generate sorted 16 packed": lambda: _static(packed(), STATIC_BATCH, is_sorted=True),
        "triwire plain": lambda: _engine(plain, "plain", slots),
        "triwire packed": lambda: _engine(plain, "packed", slots),
        "triwire int8": lambda: _engine(plain, "int8", slots),
        "triwire bf16": lambda: _engine(plain, "bf16", slots),
    }
    if is_installed("CTranslate2"):
        makers["CTranslate2 float32"] = lambda: ctranslate2("float32")
        makers["CTranslate2 int8"] = lambda: ctranslate2("int8")
    if is_installed("LitServe"):
        makers["LitServe dynamic 16"] = litserve
    return makers


def _trimmed_ways_of(plain: Any, arguments: argparse.Namespace) -> Makers:
    """The ways around the model with half of its vocabulary."""
    half = trimmed(plain, TRANSLATORS[arguments.shape].vocabulary // 2)
    reference = ONE_BY_ONE + TRIMMED
    return {
        reference: lambda: _static(half, 1, reference, once=True),
        f"triwire packed{TRIMMED}": lambda: _engine(half, "packed", arguments.slots, reference),
        f"triwire int8{TRIMMED}": lambda: _engine(half, "int8", arguments.slots, reference),
    }


def _static(model: Any, size: int, reference: str = ONE_BY_ONE, *, is_sorted: bool = False, once: bool = False) -> Way:
    return Way(lambda work: run_static(model, work, size, is_sorted=is_sorted), reference, once=once)


def _engine(model: Any, form: str, slots: int, reference: str = ONE_BY_ONE) -> Way:
    translator = EngineTranslator(model, form)
    return Way(lambda work: run_engine(translator, work, slots), reference)


if __name__ == "__main__":
    main()
