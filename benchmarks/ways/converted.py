"""A model in the converted form of `triwire-server models pull`, for the engine and for CTranslate2."""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM

from triwire_server.engine.models.chat import ChatModel
from triwire_server.engine.models.converted import SCALE, WEIGHTS, is_converted, load_converted
from triwire_server.profiles.profile import load_profile
from triwire_server.segment import Segment, Task
from ways.work import Work, make_chat_work

ARTICLES = Path(__file__).resolve().parent.parent.parent / "examples" / "articles"
PAGES = ("harbour.en.txt", "scraped-page.en.txt")
SHORTEST_LINE = 40
"""Characters; shorter lines of a page are credits and links."""


def load_for_engine(directory: Path) -> Any:
    """The model as the server loads it on a CPU.

    Raises:
        SystemExit: the directory holds no converted model.
    """
    if not is_converted(directory):
        raise SystemExit(f"{directory} holds no {WEIGHTS}; `triwire-server models list` shows where models are")
    return load_converted(directory, torch.device("cpu"))


def converted_work(directory: Path, profile_name: str, count: int) -> list[Work]:
    """Translation prompts as the server makes them, over lines of the example articles; lengths as in `make_work`."""
    spec = next(spec for spec in load_profile(profile_name).engine_models if spec.architecture == "chat")

    class Prompts(ChatModel):
        """The prompts alone; the weights are not needed for them."""

        def _load(self, directory: Path) -> Any:
            with torch.device("meta"):
                return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(directory, local_files_only=True))

    model = Prompts(spec, directory, torch.device("cpu"))
    lines = [
        line.strip()
        for page in PAGES
        for line in (ARTICLES / page).read_text(encoding="utf-8").splitlines()
        if len(line.strip()) >= SHORTEST_LINE
    ]
    lengths = make_chat_work(count, 1000, shared=0)
    made = []
    for line, like in zip(itertools.cycle(lines), lengths, strict=False):
        prompt = model.encode(Segment(task=Task.TRANSLATION, text=line, source_language="en", target_language="ko"))
        made.append(Work(list(prompt.input_ids), like.length, prompt.prefix_length))
    return made


def ensure_ctranslate2(directory: Path, cache: Path) -> Path:
    """CTranslate2's int8 form of the same weights, written once.

    Its converter quantizes each row by its largest value, as the converted form does, so that what it gets back from
    the dequantized weights are the same integers.

    Returns:
        The folder with it.
    """
    from ways.ctranslate2_ways import convert

    target = cache / f"{directory.name}-int8"
    if (target / "model.bin").is_file():
        return target
    print(f"writing CTranslate2's form of {directory.name} to {target} (once)", flush=True)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    convert(_dequantized(directory), "int8", partial, may_destroy=True)
    (partial / "source.json").write_text(json.dumps({"source": directory.name}), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return target


def _dequantized(directory: Path) -> Any:
    """The model in float32."""
    config = AutoConfig.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
    config.tie_word_embeddings = False  # the converted form has an output head of its own
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    weights: dict[str, torch.Tensor] = {}
    with safe_open(directory / WEIGHTS, framework="pt") as tensors:
        names = set(tensors.keys())
        for name in sorted(names):
            if name.endswith(SCALE):
                continue
            tensor = tensors.get_tensor(name).to(torch.float32)
            if name + SCALE in names:
                tensor *= tensors.get_tensor(name + SCALE)[:, None]
            weights[name] = tensor
    model.load_state_dict(weights, assign=True, strict=True)
    return model.eval()
