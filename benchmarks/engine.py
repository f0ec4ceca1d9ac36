"""Tokens a second of the engine against other ways to batch the same work, in one run.

    python benchmarks/engine.py --quick
    python benchmarks/engine.py --sequences 300 --repetitions 3 --json figures.json

A translation model of the M2M100 shape with random weights whose outputs depend on source and history; sources and
outputs of lognormal lengths as news segments have them. Every way writes the same sequences, each to its own length,
and gets credit for these tokens alone. The ways take turns; medians over the repetitions, per second of wall time and
of CPU time. CTranslate2 takes part where it is installed (`pip install ctranslate2`). The last line is one JSON object.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time

import argparse
import copy
import json
import math
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, M2M100Config, M2M100ForConditionalGeneration, StoppingCriteria

from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.models.base import Prompt
from triwire_server.engine.models.linear import pack_linears, quantize_linears
from triwire_server.engine.models.seq2seq import Seq2SeqRows, prepare
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.segment import Priority
from triwire_server.engine.sequence import Sequence as EngineSequence

PAD, END = 1, 2
STATIC_BATCH = 16
SHAPES = {
    "148M": {"d_model": 768, "layers": 6, "heads": 12, "ffn": 3072, "vocabulary": 32_000},
    "tiny": {"d_model": 64, "layers": 2, "heads": 4, "ffn": 128, "vocabulary": 500},
}


@dataclass(frozen=True)
class Work:
    """One sequence: what is read, and how many tokens are to be written."""

    source: list[int]
    length: int


class Lengths(StoppingCriteria):  # type: ignore[misc]  # transformers is published without types
    """Ends each row of `generate` at its own length."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self._ends = torch.tensor([2 + length for length in lengths])

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """See the library. Shape (rows,), bool."""
        return self._ends <= input_ids.shape[1]


class EngineModel:
    """What the model runner needs to know of a model."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def new_rows(self) -> Seq2SeqRows:
        """See `Model.new_rows`."""
        return Seq2SeqRows(self._model, torch.device("cpu"), END, [])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="148M")
    parser.add_argument("--sequences", type=int, default=300)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="64 sequences, two repetitions: minutes")
    parser.add_argument("--only", nargs="*", help="names of the ways to run")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.sequences, arguments.repetitions = 64, 2
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    work = make_work(arguments.sequences, SHAPES[arguments.shape]["vocabulary"])
    ways = make_ways(arguments.shape, arguments.slots, arguments.threads)
    if arguments.only:
        ways = {name: way for name, way in ways.items() if name in arguments.only}
    for way in ways.values():
        way(work[:4])  # allocations of a first run
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    outputs: dict[str, list[list[int]]] = {}
    num_tokens = sum(each.length for each in work)
    for repetition in range(arguments.repetitions):
        # Every other repetition in the other order, so that no way always follows the same one.
        for name in list(ways)[:: -1 if repetition % 2 else 1]:
            wall, cpu = time.perf_counter(), time.process_time()
            outputs[name] = ways[name](work)
            figures[name].append((time.perf_counter() - wall, time.process_time() - cpu))
            print(f"{name}: {figures[name][-1][0]:.1f} s, {figures[name][-1][1]:.1f} s of CPU", flush=True)
    report(figures, outputs, num_tokens, arguments)


def report(
    figures: dict[str, list[tuple[float, float]]], outputs: dict[str, list[list[int]]], num_tokens: int, arguments: Any
) -> None:
    """Print a table and, as the last line, everything as JSON."""
    names = list(figures)
    base = "generate static 16" if "generate static 16" in names else names[0]
    reference = outputs.get("generate one by one") or outputs[base]
    rows = {}
    print(f"\n{'':28}{'tok/s':>8}{'tok/CPU-s':>11}{'ratio':>7}  spread       equal   (ratio per CPU second to {base})")
    for name, runs in figures.items():
        ratios = [theirs[1] / own[1] for theirs, own in zip(figures[base], runs, strict=True)]
        equal = sum(one == other for one, other in zip(outputs[name], reference, strict=True))
        rows[name] = {
            "tokens_per_second": round(num_tokens / statistics.median(wall for wall, _ in runs), 1),
            "tokens_per_cpu_second": round(num_tokens / statistics.median(cpu for _, cpu in runs), 1),
            "ratio": round(statistics.median(ratios), 2),
            "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
            "equal": equal,
        }
        row = rows[name]
        print(
            f"{name:28}{row['tokens_per_second']:>8}{row['tokens_per_cpu_second']:>11}{row['ratio']:>7}"
            f"  {row['ratio_range'][0]:.2f}-{row['ratio_range'][1]:.2f}  {equal:>5}/{len(reference)}"
        )
    result = {
        "shape": arguments.shape,
        "sequences": arguments.sequences,
        "tokens": num_tokens,
        "repetitions": arguments.repetitions,
        "slots": arguments.slots,
        "threads": arguments.threads,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "base": base,
        "ways": rows,
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(result | {"runs": figures}, indent=2), encoding="utf-8")
    print(json.dumps(result))


def make_work(count: int, vocabulary: int, seed: int = 7) -> list[Work]:
    """Sequences whose outputs have a median of 35 tokens, correlated with their sources (median 40)."""
    generator = torch.Generator().manual_seed(seed)
    shared, own = torch.randn(2, count, generator=generator)
    sources = (40 * torch.exp(0.6 * shared)).round().clamp(6, 256).int().tolist()
    lengths = (35 * torch.exp(0.6 * (0.8 * shared + 0.6 * own))).round().clamp(4, 200).int().tolist()
    return [
        Work([*torch.randint(10, vocabulary - 100, (source - 1,), generator=generator).tolist(), END], length)
        for source, length in zip(sources, lengths, strict=True)
    ]


def make_model(shape: str, seed: int = 0) -> Any:
    """M2M100 with weights under which the next token depends on the source and on what was written.

    The library's initial weights repeat one token whatever the source, and would prove nothing.
    """
    sizes = SHAPES[shape]
    config = M2M100Config(
        vocab_size=sizes["vocabulary"],
        d_model=sizes["d_model"],
        encoder_layers=sizes["layers"],
        decoder_layers=sizes["layers"],
        encoder_attention_heads=sizes["heads"],
        decoder_attention_heads=sizes["heads"],
        encoder_ffn_dim=sizes["ffn"],
        decoder_ffn_dim=sizes["ffn"],
        tie_word_embeddings=False,
        dropout=0.0,
        attention_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
    )
    torch.manual_seed(seed)
    model = M2M100ForConditionalGeneration(config).eval()
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            gain = 1.6 if "q_proj" in name or "k_proj" in name else 1.5 if "encoder_attn" in name else 1.0
            weight.normal_(0, gain / math.sqrt(weight.shape[1]))
    model.lm_head.weight[[PAD, END]] = 0  # neither is written: lengths are given
    model.generation_config = GenerationConfig()
    return model


def make_ways(shape: str, slots: int, threads: int) -> dict[str, Callable[[list[Work]], list[list[int]]]]:
    """The ways by name, each from its own copy of the model."""
    plain = make_model(shape)
    packed, int8 = copy.deepcopy(plain), copy.deepcopy(plain)
    pack_linears(packed)
    quantize_linears(int8)
    for_engine = {"triwire": copy.deepcopy(plain), "triwire packed": packed, "triwire int8": int8}
    for model in for_engine.values():
        prepare(model, PAD)
    packed_static = copy.deepcopy(plain)
    pack_linears(packed_static)
    ways: dict[str, Callable[[list[Work]], list[list[int]]]] = {
        "generate one by one": lambda work: static(plain, work, 1),
        "generate static 16": lambda work: static(plain, work, STATIC_BATCH),
        "generate sorted 16": lambda work: static(plain, work, STATIC_BATCH, is_sorted=True),
        "generate sorted 16 packed": lambda work: static(packed_static, work, STATIC_BATCH, is_sorted=True),
    }
    for name, model in for_engine.items():
        ways[name] = lambda work, model=model: engine(model, work, slots)  # type: ignore[misc]  # bound now
    for compute_type in ("float32", "int8"):
        way = ctranslate2_way(plain, compute_type, threads)
        if way is not None:
            ways[f"CTranslate2 {compute_type}"] = way
    return ways


def static(model: Any, work: list[Work], size: int, *, is_sorted: bool = False) -> list[list[int]]:
    """The library's `generate` over batches of a fixed size, each to the end of its longest row."""
    order = sorted(range(len(work)), key=lambda index: len(work[index].source)) if is_sorted else range(len(work))
    outputs: list[list[int]] = [[] for _ in work]
    indices = list(order)
    for start in range(0, len(indices), size):
        batch = indices[start : start + size]
        longest = max(len(work[index].source) for index in batch)
        ids = torch.full((len(batch), longest), PAD)
        for row, index in enumerate(batch):
            ids[row, : len(work[index].source)] = torch.tensor(work[index].source)
        lengths = [work[index].length for index in batch]
        generated = model.generate(
            input_ids=ids,
            attention_mask=(ids != PAD).long(),
            decoder_input_ids=torch.full((len(batch), 2), END),
            generation_config=GenerationConfig(
                max_new_tokens=max(lengths),
                do_sample=False,
                num_beams=1,
                pad_token_id=PAD,
                eos_token_id=None,
                decoder_start_token_id=END,
            ),
            stopping_criteria=[Lengths(lengths)] if len(batch) > 1 else None,
        )
        for row, index in enumerate(batch):
            outputs[index] = generated[row, 2 : 2 + work[index].length].tolist()
    return outputs


def engine(model: Any, work: list[Work], slots: int) -> list[list[int]]:
    """The engine's scheduler and model runner, without the threads around them."""
    scheduler = Scheduler(
        max_batch_tokens=512, max_batch_sequences=slots, max_slot_tokens=1_000_000, clock=time.monotonic
    )
    runner = ModelRunner({"m": EngineModel(model)})  # type: ignore[dict-item]  # all that the runner asks for
    sequences = [
        EngineSequence(
            request_id=str(number),
            model_name="m",
            prompt=Prompt(input_ids=tuple(each.source), max_new_tokens=each.length, forced_ids=(END,)),
            priority=Priority.INTERACTIVE,
            arrival=0.0,
        )
        for number, each in enumerate(work)
    ]
    for sequence in sequences:
        scheduler.add(sequence)
    while (batch := scheduler.schedule()) is not None:
        scheduler.postprocess(batch, runner.run(batch))
    return [sequence.token_ids for sequence in sequences]


def ctranslate2_way(model: Any, compute_type: str, threads: int) -> Callable[[list[Work]], list[list[int]]] | None:
    """CTranslate2 over batches sorted by length of up to 1,024 tokens, each row ended at its own length."""
    try:
        import ctranslate2
        from ctranslate2.converters.transformers import M2M100Loader
    except ImportError:
        return None
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *(f"t{number}" for number in range(4, model.config.vocab_size))]

    class Tokenizer:
        """What the converter asks for."""

        bos_token, eos_token, unk_token, pad_token, unk_token_id = "<s>", "</s>", "<unk>", "<pad>", 3
        special_tokens_map: dict[str, str] = {}  # noqa: RUF012 - the converter's face
        num_madeup_words = 0

        def get_vocab(self) -> dict[str, int]:
            return {token: number for number, token in enumerate(vocabulary)}

        def convert_ids_to_tokens(self, number: int) -> str:
            return vocabulary[number]

    directory = tempfile.mkdtemp()
    spec = M2M100Loader()(copy.deepcopy(model), Tokenizer())
    spec.validate()
    spec.optimize(quantization="float32" if compute_type == "float32" else "int8")
    spec.save(directory)
    translator = ctranslate2.Translator(
        directory, device="cpu", compute_type=compute_type, intra_threads=threads, inter_threads=1
    )
    ids = {token: number for number, token in enumerate(vocabulary)}

    def run(work: list[Work]) -> list[list[int]]:
        outputs: list[list[int]] = [[] for _ in work]
        batch: list[int] = []
        for index in [*sorted(range(len(work)), key=lambda index: len(work[index].source)), None]:
            if index is not None and (len(batch) + 1) * len(work[index].source) <= 1_024:
                batch.append(index)
                continue
            lengths = [work[each].length for each in batch]
            made = translator.translate_batch(
                [[vocabulary[token] for token in work[each].source] for each in batch],
                target_prefix=[["</s>"]] * len(batch),
                beam_size=1,
                max_batch_size=0,
                min_decoding_length=max(lengths) + 2,
                max_decoding_length=max(lengths) + 2,
                return_end_token=True,
                callback=lambda step, lengths=lengths: step.step + 1 > lengths[step.batch_id],
            )
            for each, result in zip(batch, made, strict=True):
                outputs[each] = [ids[token] for token in result.hypotheses[0]][1 : 1 + work[each].length]
            batch = [] if index is None else [index]
        return outputs

    return run


if __name__ == "__main__":
    main()
