"""From a checkpoint to a loaded model: which class reads which architecture, and on which device."""

from importlib import import_module
from pathlib import Path

import torch
import transformers.utils.logging

from triwire_server.engine.models.base import Model
from triwire_server.profiles.profile import ModelSpec

ARCHITECTURES = {
    "m2m100": "M2M100Model",
    "mbart": "MBartModel",
    "marian": "MarianModel",
    "t5": "T5Model",
    "bart": "BartModel",
    "chat": "ChatModel",
}
"""Class for each architecture of a profile, in the module of the same name. Imported when a profile needs it."""


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
