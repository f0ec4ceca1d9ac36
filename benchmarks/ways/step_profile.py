"""One decode step taken apart: what its linear layers cost alone, and what the rest is.

A step is that of the engine: what the scheduler decides is part of it. The linear layers are measured by calling them
again with the inputs that a step gave them. The rest is split by the profiler of torch: time inside operators by what
they do, and what is left is Python and the framework.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from triwire_server.engine.models import attention, kv_cache
from ways.measure import median_and_range
from ways.triwire import new_runner, new_scheduler, new_sequence
from ways.work import Work

WARM_STEPS = 3
STEPS = 25
"""How many are measured."""

LONGEST_SOURCE = 128
"""Sources of up to so many tokens run in one pool, and so in one step."""

_KINDS = {
    "linear": ("addmm", "aten::mm", "linear", "mkldnn", "onednn", "quantized::", "_int_mm"),
    "attention": ("attention", "bmm", "softmax"),
    "norms": ("layer_norm", "rms_norm"),
    "choosing": ("argmax", "topk", "multinomial", "log_softmax"),
}
"""Parts of operators' names. What fits nowhere is "other operators": copies, additions, activations, masks."""


def profile_step(forms: Mapping[str, Callable[[], Any]], work: list[Work]) -> dict[str, Any]:
    """Print and return, for each form of the model, what a step with all of the work running costs.

    Args:
        forms: makes the model in each form.
        work: the sources of the rows that run; their outputs do not end.
    """
    print(f"one decode step of {len(work)} rows; medians of {STEPS} steps, ms (wall / CPU)")
    made: dict[str, Any] = {}
    for name, make in forms.items():
        made[name] = _profile(make(), work)
        row = made[name]
        print(
            f"{name:8} step {_pair(row['step'])}   linears alone {_pair(row['linears'])}"
            f"   step / linears {row['step_over_linears']:.2f} ({row['step_over_linears_cpu']:.2f} by CPU)"
        )
        print(f"{'':8} of the {row['profiled_step_ms']} ms of a profiled step: {row['split_ms']}", flush=True)
    return {"rows": len(work), "steps": STEPS, "forms": made}


@torch.inference_mode()
def _profile(model: Any, work: list[Work]) -> dict[str, Any]:
    scheduler, runner = new_scheduler(len(work), max_batch_tokens=1_000_000), new_runner(model, len(work))
    for number, each in enumerate(work):
        scheduler.add(new_sequence(model, Work(each.source, 10 * (WARM_STEPS + STEPS), each.shared), number))

    def step() -> None:
        batch = scheduler.schedule()
        assert batch is not None, "the rows ended"
        scheduler.postprocess(batch, runner.run(batch))

    step()  # all join
    assert scheduler.num_running == len(work)
    for _ in range(WARM_STEPS):
        step()
    calls = _record_linears(model.model, step)
    # In turns, so that a change of the machine's pace changes both.
    steps: list[tuple[float, float]] = []
    linears: list[tuple[float, float]] = []
    for _ in range(STEPS):
        steps.append(_timed(step))
        linears.append(_timed(lambda: [linear(inputs) for linear, inputs in calls]))
    with _kernels_named(), profile(activities=[ProfilerActivity.CPU]) as profiler:
        profiled_ms = sum(_timed(step)[0] for _ in range(STEPS)) / STEPS
    split = dict.fromkeys([*_KINDS, "other operators"], 0.0)
    for event in profiler.key_averages():
        kind = next((kind for kind, parts in _KINDS.items() if any(part in event.key for part in parts)), None)
        split[kind or "other operators"] += event.self_cpu_time_total / 1000 / STEPS
    whole, alone = _medians(steps), _medians(linears)
    split["Python and framework"] = profiled_ms - sum(
        split.values()
    )  # and the profiler itself: microseconds an operator
    return {
        "step": whole,
        "linears": alone,
        "num_linears": len(calls),
        "step_over_linears": round(whole["wall_ms"]["median"] / max(alone["wall_ms"]["median"], 1e-6), 3),
        "step_over_linears_cpu": round(whole["cpu_ms"]["median"] / max(alone["cpu_ms"]["median"], 1e-6), 3),
        "profiled_step_ms": round(profiled_ms, 2),
        "split_ms": {kind: round(value, 2) for kind, value in split.items()},
    }


@contextmanager
def _kernels_named() -> Iterator[None]:
    """Let the profiler see the compiled kernels of attention, which are no operators of torch."""

    def named(function: Callable[..., None]) -> Callable[..., None]:
        def run(*arguments: Any) -> None:
            with record_function("attention kernel"):
                function(*arguments)

        return run

    with (
        patch.object(attention, "_attend", named(attention._attend)),
        patch.object(kv_cache, "write_states", named(attention.write_states)),
    ):
        yield


def _record_linears(model: nn.Module, step: Callable[[], object]) -> list[tuple[nn.Module, torch.Tensor]]:
    """The linear layers that a step calls, with their inputs. A layer inside another one is part of it."""
    calls: list[tuple[nn.Module, torch.Tensor]] = []
    linears = {
        name: module
        for name, module in model.named_modules()
        if hasattr(module, "in_features") and hasattr(module, "out_features")
    }
    outermost = [
        module for name, module in linears.items() if not any(name.startswith(f"{other}.") for other in linears)
    ]

    def note(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        calls.append((module, inputs[0].clone()))

    hooks = [module.register_forward_pre_hook(note) for module in outermost]
    try:
        step()
    finally:
        for hook in hooks:
            hook.remove()
    return calls


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def _medians(pairs: list[tuple[float, float]]) -> dict[str, Any]:
    return {
        "wall_ms": median_and_range((wall for wall, _ in pairs), 3),
        "cpu_ms": median_and_range((cpu for _, cpu in pairs), 3),
    }


def _pair(medians: dict[str, Any]) -> str:
    return f"{medians['wall_ms']['median']:.1f} / {medians['cpu_ms']['median']:.1f}"
