"""From a profile to loaded models: which class reads which architecture, and on which device."""

import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

import torch
import transformers.utils.logging

from triwire_server.engine.memory import freed_at_once
from triwire_server.engine.models.base import Model
from triwire_server.model_store import model_directory
from triwire_server.profile import ModelSpec, Profile

ARCHITECTURES = {
    "m2m100": "M2M100Model",
    "mbart": "MBartModel",
    "marian": "MarianModel",
    "t5": "T5Model",
    "bart": "BartModel",
    "chat": "ChatModel",
}
"""Class for each architecture of a profile, in the module of the same name. Imported when a profile needs it."""


Told: TypeAlias = Callable[[ModelSpec, Path, float | None], None]
"""Told of a model and its directory before it is loaded, with None, and after, with the seconds that it took."""


def pick_device(device: str) -> torch.device:
    """The device that a setting means: "auto" is the first GPU, or else the CPU."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)


def load_model(spec: ModelSpec, directory: Path, device: torch.device) -> Model:
    """One model from its directory.

    Raises:
        CheckpointError: the checkpoint does not fit the profile.
    """
    # Its bars and lines would mix with the log; its warnings belong into it.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_default_handler()
    transformers.utils.logging.enable_propagation()
    module = import_module(f"triwire_server.engine.models.{spec.architecture}")
    model: Model = getattr(module, ARCHITECTURES[spec.architecture])(spec, directory, device)
    model.fingerprint = spec.fingerprint(device.type)
    return model


def load_models(
    profile: Profile, cache_dir: Path, device: str = "auto", tell: Told = lambda spec, directory, seconds: None
) -> list[Model]:
    """Every model of a profile that has weights, in the order of the profile.

    Args:
        profile: what to load.
        cache_dir: where `model_store.pull` put the weights. Nothing is fetched here.
        device: "auto", "cpu", "cuda" or "cuda:1".
        tell: told before and after each model.

    Raises:
        ModelMissing: a model is not in the cache; the message has the command that fetches it.
        CheckpointError: a checkpoint does not fit the profile.
    """
    directories = [model_directory(profile, spec, cache_dir) for spec in profile.local_models]
    models = []
    for spec, directory in zip(profile.local_models, directories, strict=True):
        tell(spec, directory, None)
        started = time.monotonic()
        with freed_at_once():
            models.append(load_model(spec, directory, pick_device(device)))
        tell(spec, directory, time.monotonic() - started)
    return models
