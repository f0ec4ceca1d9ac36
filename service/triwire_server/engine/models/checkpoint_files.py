"""Which files a published checkpoint has. Read by what fetches them, too: no tensors here."""

import json
from pathlib import Path

from triwire_server.model_errors import CheckpointError, first_line
from triwire_server.profiles.profile import ModelSpec

CHECKPOINT_FILES = ("*.safetensors", "*.json", "*.model", "*.spm", "*.txt", "*.jinja")
"""What is fetched of a repository: weights as safetensors alone, never pickled ones, and the tokenizer's files."""

PUBLISHED_WEIGHTS = "model.safetensors"
"""Where a checkpoint in one file has its weights."""

PUBLISHED_INDEX = f"{PUBLISHED_WEIGHTS}.index.json"
"""Which tensor is in which file, of a checkpoint in several."""

MANIFEST = "manifest.json"
"""What `model_store` writes last into a directory that is complete. No part of the checkpoint."""


def weight_files(spec: ModelSpec, directory: Path) -> list[str]:
    """Names of the files that hold the weights of a checkpoint as published; all of them safetensors beside each other.

    Raises:
        CheckpointError: there are none, or the index names something else: other formats can run code while they are
            loaded, and a path may lead anywhere.
    """
    if (directory / PUBLISHED_WEIGHTS).is_file():
        return [PUBLISHED_WEIGHTS]
    index = directory / PUBLISHED_INDEX
    if not index.is_file():
        raise CheckpointError(
            f"{spec.full_name}: {directory} holds no safetensors weights; other formats are not read, since loading"
            " them can run code (docs/models.md says how to convert a checkpoint once)"
        )
    try:
        names = {str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{spec.full_name}: {index.name} is damaged: {first_line(error)}") from error
    for name in sorted(names):
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise CheckpointError(
                f"{spec.full_name}: {index.name} names {name!r}, which is no safetensors file beside it"
            )
    return sorted(names)
