"""What `models pull` takes to convert an encoder-decoder checkpoint to int8, and what the server takes to load it.

    python benchmarks/conversion.py [CHECKPOINT --architecture m2m100] [--work FOLDER] [--json OUT.json]

Without a checkpoint one of M2M100-418M's shape with random weights is made (1.9 GB) and removed again. Converting and
loading run in processes of their own, whose memory is looked at every 20 ms: what they hold of their own, without the
pages of mapped files, which the system takes back when it needs them (Linux). What the libraries take stands beside it.
"""

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

SHAPE = {
    "vocab_size": 128_112,
    "d_model": 1024,
    "encoder_layers": 12,
    "decoder_layers": 12,
    "encoder_attention_heads": 16,
    "decoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
    "decoder_ffn_dim": 4096,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": True,
}
"""Of facebook/m2m100_418M."""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", nargs="?", type=Path, help="directory of a published checkpoint")
    parser.add_argument("--architecture", default="m2m100")
    parser.add_argument("--work", type=Path, default=Path("build/conversion"))
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--step", choices=["make", "import", "convert", "load"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    checkpoint = arguments.checkpoint or arguments.work / "published"
    converted = arguments.work / "converted"
    if arguments.step:
        print(json.dumps(run_step(arguments.step, arguments.architecture, checkpoint, converted)))
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    try:
        steps = ["import", "convert", "load"] if arguments.checkpoint else ["make", "import", "convert", "load"]
        figures = {step: in_process(step, arguments, checkpoint) for step in steps}
        sizes = {
            name: round(sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e9, 3)
            for name, folder in (("published_gb", checkpoint), ("converted_gb", converted))
        }
    finally:
        shutil.rmtree(arguments.work, ignore_errors=True)
    figures.pop("make", None)
    print(json.dumps({**figures, **sizes}, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps({**figures, **sizes}, indent=2), encoding="utf-8")


def in_process(step: str, arguments: argparse.Namespace, checkpoint: Path) -> dict[str, float]:
    """Seconds and gigabytes of one step."""
    command = [sys.executable, __file__, str(checkpoint), "--step", step, "--work", str(arguments.work)]
    done = subprocess.run(
        [*command, "--architecture", arguments.architecture], check=True, stdout=subprocess.PIPE, text=True
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def run_step(step: str, architecture: str, checkpoint: Path, converted: Path) -> dict[str, float]:
    """One step in this process."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, GenerationConfig, M2M100Config, M2M100ForConditionalGeneration

    from triwire_server.engine.models.checkpoint_conversion import convert_checkpoint
    from triwire_server.engine.models.converted import load_converted
    from triwire_server.profiles.profile import ModelSpec

    fields: dict[str, Any] = {"name": "measured", "version": "1", "license": "LicenseRef-none", "dtype": "int8"}
    fields |= {"tasks": ["translation"], "language_pairs": [["en", "ko"]], "architecture": architecture}
    spec = ModelSpec.model_validate({**fields, "source": {"kind": "directory", "path": str(checkpoint)}})
    peak, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            peak[0] = max(peak[0], own_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.monotonic()
    if step == "make":
        torch.manual_seed(0)
        model = M2M100ForConditionalGeneration(M2M100Config(**SHAPE))
        model.generation_config = GenerationConfig(pad_token_id=1, eos_token_id=2, decoder_start_token_id=2)
        model.save_pretrained(checkpoint)
    elif step == "convert":
        convert_checkpoint(spec, checkpoint, converted)
    elif step == "load":
        load_converted(converted, torch.device("cpu"), AutoModelForSeq2SeqLM)
    seconds = time.monotonic() - started
    ended.set()
    watcher.join()
    return {"seconds": round(seconds, 1), "peak_gb": round(max(peak[0], own_memory()), 2)}


def own_memory() -> float:
    """Resident memory of this process without mapped files, in 10^9 bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / 1e9
    raise SystemExit("this system does not tell a process's own memory")


if __name__ == "__main__":
    main()
