"""How long does a server take until it serves, and how much memory does it hold, beside its weights?

    python benchmarks/startup.py extractive demo
    python benchmarks/startup.py demo --process examples/articles/scraped-page.en.txt --to ko ja

Starts `triwire-server serve` in turns for each profile, waits for SERVING, reads the peak of its resident memory
(VmHWM), lets it process an article if asked to, reads the peak again, and stops it. Medians over the rounds.

Beside it: the bytes of the weights as they are stored; the seconds that reading these files takes, once they are in the
page cache as the server then finds them; the keys and values that the slots may come to hold, from the profile's models
and the setting max_slot_tokens; the peak of a process that only imports what the server imports. The bound on memory is
1.2 times the weights, and the slots; `peak_over_bound` is the last peak divided by it. The last line is one JSON
object.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from triwire_server.model_files import model_store
from triwire_server.profiles.profile import load_profile
from triwire_server.settings import Settings
from triwire_server.settings_sources import load_settings
from ways.measure import finish, median_and_range
from ways.processes import peak_memory, peak_of
from ways.service import Service

WEIGHTS_FACTOR = 1.2
CACHE_NUMBER_BYTES = 4
"""Keys and values are float32 on a CPU."""

_IMPORTS = """
import triwire_server.app, triwire_server.engine.models.registry, torch, transformers
import pathlib
print(pathlib.Path("/proc/self/status").read_text())
"""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profiles", nargs="+", help="names of shipped profiles, or TOML files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--process", type=Path, help="page to summarize before the last look")
    parser.add_argument("--to", nargs="*", default=(), help="languages to translate it into as well")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    # By default the slots are sized by the free memory, which bounds nothing that is worth a figure.
    os.environ.setdefault("TRIWIRE_MAX_SLOT_TOKENS", "16384")
    settings = load_settings({})
    rounds: dict[str, list[dict[str, float]]] = {profile: [] for profile in arguments.profiles}
    for _ in range(arguments.rounds):
        for profile in arguments.profiles:
            rounds[profile].append(measure(profile, settings, arguments.process, arguments.to))
            print(f"{profile}: {rounds[profile][-1]}", flush=True)
    status = subprocess.run([sys.executable, "-c", _IMPORTS], check=True, stdout=subprocess.PIPE, text=True).stdout
    imports = peak_of(status)
    print(f"\na process that only imports: {imports / 1e9:.2f} GB")
    profiles = {
        name: {figure: median_and_range((one[figure] for one in found), 3) for figure in found[0]}
        for name, found in rounds.items()
    }
    for name, figures in profiles.items():
        print(name)
        for figure, value in figures.items():
            print(f"  {figure:24} {value['median'] if value else '':>10}")
    result = {"benchmark": "startup", "rounds": arguments.rounds, "imports_gb": imports / 1e9, "profiles": profiles}
    finish(result, arguments.json, rounds)


def measure(profile_name: str, settings: Settings, page: Path | None, targets: list[str]) -> dict[str, float]:
    """Seconds and gigabytes (10^9 bytes) of one start."""
    profile = load_profile(profile_name)
    directories = [model_store.model_directory(profile, spec, settings.cache_dir) for spec in profile.engine_models]
    weights = [path for directory in directories for path in sorted(directory.glob("*.safetensors"))]
    weights_gb = sum(path.stat().st_size for path in weights) / 1e9
    slots_gb = slot_bytes(directories) * settings.max_slot_tokens / 1e9
    _read(weights)  # into the page cache
    began = time.monotonic()
    _read(weights)
    read_seconds = time.monotonic() - began
    with Service(profile_name) as service:
        loaded_gb = peak_memory(service.process.pid) / 1e9
        figures = {
            "start_seconds": service.process.start_seconds,
            "read_seconds": read_seconds,
            "start_beyond_reading_seconds": service.process.start_seconds - read_seconds,
            "weights_gb": weights_gb,
            "slots_gb": slots_gb,
            "loaded_gb": loaded_gb,
        }
        peak_gb = loaded_gb
        if page is not None:
            wanted = targets if directories else []  # without models nothing is translated
            figures["process_seconds"] = _process(service.target, page, wanted)
            peak_gb = figures["processed_gb"] = peak_memory(service.process.pid) / 1e9
    if weights:
        figures["peak_over_weights"] = peak_gb / weights_gb
        figures["peak_over_bound"] = peak_gb / (WEIGHTS_FACTOR * weights_gb + slots_gb)
    return figures


def slot_bytes(directories: list[Path]) -> int:
    """Keys and values of one token of a slot, in the model of the profile that needs most.

    An encoder-decoder holds as much for a token of its source (cross-attention) as for one of its output.
    """
    most = 0
    for directory in directories:
        config: dict[str, Any] = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        layers = config.get("decoder_layers") or config.get("num_decoder_layers") or config["num_hidden_layers"]
        heads = config.get("decoder_attention_heads") or config.get("num_attention_heads") or config["num_heads"]
        size = config.get("d_model") or config.get("hidden_size")
        head_size = config.get("head_dim") or config.get("d_kv") or size // heads
        most = max(most, 2 * layers * config.get("num_key_value_heads", heads) * head_size * CACHE_NUMBER_BYTES)
    return most


def _read(paths: list[Path]) -> None:
    buffer = bytearray(1 << 24)
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def _process(target: str, page: Path, targets: list[str]) -> float:
    command = [sys.executable, "-m", "triwire_client.cli", "--target", target, "process", str(page)]
    command += ["--summary", "bullets", *(part for language in targets for part in ("--to", language)), "--json"]
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
