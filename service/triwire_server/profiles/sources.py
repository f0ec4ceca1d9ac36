"""Where the weights of a model come from, or who runs it, as a profile says it."""

import re
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from triwire_server.profiles.remote_source import OpenAISource
from triwire_server.profiles.table import Table


class HuggingFaceSource(Table):
    """A repository of a Hugging Face hub, or of a mirror, at one commit."""

    kind: Literal["huggingface"]
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """`owner/name`."""

    revision: str
    """The 40 hex digits of a commit. A branch or tag can move, and with it the output under the same version."""

    endpoint: str = "https://huggingface.co"
    """Address of the hub; a mirror inside a company has its own."""

    @field_validator("revision")
    @classmethod
    def _is_pinned(cls, revision: str) -> str:
        if not re.fullmatch(r"[0-9a-f]{40}", revision):
            raise ValueError(
                "pin a revision: the 40 hex digits of a commit that holds safetensors weights"
                " (copy this profile, fill it in, and give the copy's path instead of the name)"
            )
        return revision


class DirectorySource(Table):
    """A directory in the layout of a Hugging Face checkpoint, such as a mounted volume."""

    kind: Literal["directory"]
    path: Path
    """Relative paths start at the profile's folder."""


class WheelsSource(Table):
    """A GGUF file cut into members of Python wheels, fetched with pip and converted once."""

    kind: Literal["wheels"]
    packages: tuple[str, ...] = Field(min_length=1)
    """Distributions in the order in which their members are joined."""

    version: str
    """Version of every one of them."""

    member: str
    """Path of the member inside the wheel; `{package}` is the import name and `{number}` counts from 1."""

    size: int = Field(gt=0)
    """Bytes of the joined file."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the joined file."""

    def member_name(self, index: int) -> str:
        """Path of the member inside the wheel of `packages[index]`."""
        return self.member.format(package=self.packages[index].replace("-", "_"), number=index + 1)


Source: TypeAlias = Annotated[
    HuggingFaceSource | DirectorySource | WheelsSource | OpenAISource, Field(discriminator="kind")
]
