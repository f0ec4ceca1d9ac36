"""What every table of a profile's file shares."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Language: TypeAlias = Literal["en", "ko", "ja"]


class Table(BaseModel):
    """A table of the file: unknown keys are mistakes, not extras."""

    model_config = ConfigDict(extra="forbid", frozen=True)
