"""Profiles: TOML files that say which models a server serves, where they come from and what they may be used for.

A profile is checked as a whole before anything is fetched or loaded; every message names the file and the field.
Shipped profiles lie beside this file; `docs/models.md` explains every field.
"""

import hashlib
import json
import math
import tomllib
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias, cast

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from triwire_server import __version__
from triwire_server.profiles.model_card import ModelCard
from triwire_server.profiles.prompts import Prompts, check_fields
from triwire_server.profiles.remote_source import DEPLOYMENT_FIELDS, OpenAISource
from triwire_server.profiles.sources import DirectorySource, Source, WheelsSource
from triwire_server.profiles.table import Language, Table
from triwire_server.segment import Register, Segment, SummaryStyle, Task

SHIPPED_PROFILES = Path(__file__).parent
"""Folder of the profiles that come with the server."""

EXTRACTIVE = "extractive"
"""Architecture without tensors: the pipeline answers it with sentences of the article itself."""

Pair: TypeAlias = tuple[Language, Language]


class ProfileError(ValueError):
    """A profile cannot be used. The message names the file, the field and the remedy, a line for each fault."""


_NOT_OF_THE_OUTPUT = {"path", "endpoint", *DEPLOYMENT_FIELDS}
"""Fields of a source that outputs do not depend on."""

_DECODING_FIELDS = frozenset({"beams", "length_penalty", "early_stopping", "dtype", "vocabulary"})
"""What a profile says of models that run here alone."""


class OutputLimit(Table):
    """How many tokens an output may take: enough for a good one, and an end to one that runs away."""

    max_tokens: int = Field(default=512, gt=0)
    """Upper bound whatever the input."""

    tokens_per_input_token: float = Field(default=3.0, gt=0)
    """Translation: output tokens for each token of the source text."""

    tokens_per_character: dict[Language, float] = Field(default={"en": 0.6, "ko": 1.5, "ja": 1.5})
    """Summaries: output tokens for each character asked for, by summary language."""

    extra_tokens: int = Field(default=24, ge=0)
    """Added to either, so that the shortest input has room too."""

    def for_segment(self, segment: Segment, text_tokens: int) -> int:
        """Tokens that the output of a segment of so many text tokens may take."""
        if segment.task is Task.TRANSLATION:
            wanted = text_tokens * self.tokens_per_input_token
        elif segment.summary is not None:
            per_character = self.tokens_per_character.get(cast(Language, segment.target_language), 1.5)
            wanted = segment.summary.max_characters * per_character
        else:
            raise ValueError("a summarization segment needs its summary")
        return min(self.max_tokens, math.ceil(wanted) + self.extra_tokens)


class ModelSpec(Table):
    """One model of a profile."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    """Callers write `name` or `name@version`."""

    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")
    """Changes whenever the output may: other weights, prompts, limits or precision."""

    architecture: Literal["m2m100", "mbart", "marian", "t5", "bart", "chat", "extractive"]
    source: Source | None = None
    """Where the weights come from. Absent for "extractive" alone."""

    tasks: tuple[Task, ...] = Field(min_length=1)
    language_pairs: tuple[Pair, ...] = ()
    """(source, target) that it translates."""

    summary_languages: tuple[Pair, ...] = ()
    """(article, summary) that it summarizes; equal for a summary in the article's language."""

    language_codes: dict[Language, str] = Field(default={})
    """The model's own codes ("kor_Hang"); a language not named is its own tag ("ko")."""

    source_prefix: str = ""
    """T5 and Marian: put before the source; `{source}` and `{target}` are the model's codes ("<2{target}> ")."""

    @field_validator("source_prefix")
    @classmethod
    def _is_prefix(cls, prefix: str) -> str:
        return check_fields(prefix, frozenset({"source", "target"}))

    license: str = Field(min_length=1)
    """SPDX identifier of the license of the weights, or "LicenseRef-..."."""

    noncommercial: bool = False
    """Whether the license forbids commercial use. Served only with the setting allow_noncommercial."""

    origin_uri: str = ""
    """Where the weights are published."""

    max_input_tokens: int = Field(default=512, gt=0)
    """Tokens of source text read at once; special tokens and instructions not counted."""

    segment_tokens: int = Field(default=40, gt=0)
    """Tokens up to which neighbouring sentences of a block are translated together: what the model is at ease with.
    Models that were trained on single sentences write less of what they read when they get several."""

    output: OutputLimit = OutputLimit()
    dtype: Literal["float32", "bfloat16", "float16", "int8", "auto"] = "auto"
    """auto: float32 on a CPU, bfloat16 on a GPU, int8 for what was converted to it."""

    vocabulary: Literal["full", "trimmed"] = "full"
    """trimmed: without the pieces that English, Korean and Japanese text cannot need. Encoder-decoders alone."""

    beams: int = Field(default=1, ge=1, le=16)
    """Hypotheses of beam search, each of which takes a slot; 1 is greedy search."""

    length_penalty: float = Field(default=1.0, ge=-4, le=4)
    """Of beam search: a hypothesis scores its log-probability divided by its length to this power."""

    early_stopping: bool | Literal["never"] = False
    """Of beam search: whether it stops as soon as it has `beams` ended hypotheses. false weighs what still runs against
    them, "never" as favourably as can be."""

    registers: tuple[Register, ...] = (Register.NEWS,)
    """Registers it can write on request."""

    prompts: Prompts | None = None
    """Architecture "chat" alone."""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        is_chat = self.architecture == "chat"
        if self.has_weights != (self.source is not None):
            raise ValueError('source: the architecture "extractive" has none, every other one needs one')
        if is_chat != (self.prompts is not None):
            raise ValueError('prompts: the architecture "chat" needs them, no other one reads them')
        if self.vocabulary == "trimmed" and (is_chat or not self.has_weights):
            raise ValueError('vocabulary: "trimmed" is for encoder-decoder models')
        if self.source_prefix and self.architecture not in ("t5", "marian"):
            raise ValueError('source_prefix: the architectures "t5" and "marian" read it, no other one does')
        if isinstance(self.source, WheelsSource) and not is_chat:
            raise ValueError('source.kind: "wheels" holds a chat model')
        if self.is_remote:
            if not is_chat:
                raise ValueError('source.kind: "openai" is for the architecture "chat"')
            if theirs := sorted(_DECODING_FIELDS & self.model_fields_set):
                raise ValueError(f"{theirs[0]}: the server of the source decides it, and it is set up there")
        if (Task.TRANSLATION in self.tasks) != bool(self.language_pairs):
            raise ValueError('language_pairs: needed for the task "translation", and for it alone')
        if (Task.SUMMARIZATION in self.tasks) != bool(self.summary_languages):
            raise ValueError('summary_languages: needed for the task "summarization", and for it alone')
        if any(source == target for source, target in self.language_pairs):
            raise ValueError("language_pairs: source and target must differ")
        if self.prompts is not None:
            if Task.TRANSLATION in self.tasks and not self.prompts.translation:
                raise ValueError('prompts.translation: needed for the task "translation"')
            if Task.SUMMARIZATION in self.tasks and (missing := set(SummaryStyle) - set(self.prompts.summaries)):
                raise ValueError(f"prompts.summaries: {sorted(missing)[0]} is missing")
        return self

    @property
    def full_name(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def has_weights(self) -> bool:
        """Whether there are weights to run, here or on another server."""
        return self.architecture != EXTRACTIVE

    @property
    def is_remote(self) -> bool:
        """Whether another server runs it."""
        return isinstance(self.source, OpenAISource)

    @property
    def needs_conversion(self) -> bool:
        """Whether `models pull` converts its checkpoint, and the server loads what came of that."""
        if isinstance(self.source, WheelsSource):
            return True
        is_encoder_decoder = self.has_weights and self.architecture != "chat"
        return is_encoder_decoder and (self.dtype == "int8" or self.vocabulary == "trimmed")

    @property
    def card(self) -> ModelCard:
        """What ListModels shows of it."""
        return ModelCard(
            name=self.name,
            version=self.version,
            tasks=self.tasks,
            language_pairs=frozenset(self.language_pairs),
            summary_languages=frozenset(self.summary_languages),
            license=self.license,
            noncommercial=self.noncommercial,
            origin_uri=self.origin_uri,
            max_input_tokens=self.max_input_tokens,
            segment_tokens=self.segment_tokens,
            takes_terms=self.prompts is not None and bool(self.prompts.terms),
            registers=self.registers,
            has_weights=self.has_weights,
        )

    def language_code(self, language: str) -> str:
        """The model's own code for a language tag."""
        return self.language_codes.get(cast(Language, language), language)

    def fingerprint(self, device_type: str) -> str:
        """Names what outputs depend on beside the segment: the same version served otherwise has another one.

        That is this release, the kind of device, which decides what `dtype` "auto" means, and every field but those
        that only describe the model or say where this machine finds its files.

        Args:
            device_type: "cpu" or "cuda"; "remote" for a model that another server runs.

        Returns:
            64 hex digits.
        """
        fields = self.model_dump(
            mode="json",
            exclude={"license": True, "noncommercial": True, "origin_uri": True, "source": _NOT_OF_THE_OUTPUT},
        )
        text = json.dumps([__version__, device_type, fields], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def prefix_for(self, source: str, target: str) -> str:
        """`source_prefix` for a direction."""
        return self.source_prefix.format(source=self.language_code(source), target=self.language_code(target))


class Profile(Table):
    """The models of a server; the first that serves a direction is its default."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    description: str
    models: tuple[ModelSpec, ...] = Field(min_length=1)
    _folder: Path = PrivateAttr(default=Path())
    _location: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _has_distinct_names(self) -> Self:
        names = [spec.name for spec in self.models]
        if duplicates := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"models: the name {duplicates[0]} is used twice")
        return self

    @property
    def cards(self) -> list[ModelCard]:
        """What ListModels shows, in the order of the file."""
        return [spec.card for spec in self.models]

    @property
    def engine_models(self) -> list[ModelSpec]:
        """The models that have weights, here or behind another server."""
        return [spec for spec in self.models if spec.has_weights]

    @property
    def local_models(self) -> list[ModelSpec]:
        """The models whose weights this machine loads."""
        return [spec for spec in self.engine_models if not spec.is_remote]

    @property
    def remote_models(self) -> list[ModelSpec]:
        """The models that another server runs."""
        return [spec for spec in self.engine_models if spec.is_remote]

    @property
    def location(self) -> str:
        """What `--profile` was given: a name or a path."""
        return self._location or self.name

    def directory_of(self, source: DirectorySource) -> Path:
        """Absolute path of a directory source."""
        return self.path_of(source.path)

    def path_of(self, path: Path) -> Path:
        """Absolute path of a file that the profile names."""
        return (self._folder / path.expanduser()).absolute()


def shipped_profiles() -> list[str]:
    """Names of the profiles that come with the server, sorted."""
    return sorted(path.stem for path in SHIPPED_PROFILES.glob("*.toml"))


def load_profile(name_or_path: str, *, allow_noncommercial: bool = False) -> Profile:
    """Read and check a profile.

    Args:
        name_or_path: the name of a shipped profile ("demo"), or the path of a TOML file.
        allow_noncommercial: serve models whose license forbids commercial use (setting allow_noncommercial).

    Raises:
        ProfileError: no such profile, or it cannot be used; a line for each fault with file, field and remedy.
    """
    is_path = name_or_path.endswith(".toml") or "/" in name_or_path
    path = Path(name_or_path).expanduser() if is_path else SHIPPED_PROFILES / f"{name_or_path}.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(shipped_profiles())
        what = f"{path}: no such file" if is_path else f"no profile is called {name_or_path!r}"
        raise ProfileError(f"{what}; give the path of a TOML file or one of: {known}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"{path}: cannot be read as TOML: {error}") from None
    try:
        profile = Profile.model_validate(tables)
    except ValidationError as error:
        # A list whose items are all faulty counts as empty too, which is no fault of its own.
        faults = [fault for fault in error.errors() if not (fault["type"] == "too_short" and fault["input"])]
        raise ProfileError("\n".join(_describe(path.name, fault) for fault in faults)) from None
    for index, spec in enumerate(profile.models):
        if spec.noncommercial and not allow_noncommercial:
            raise ProfileError(
                f"{path.name}: models[{index}].noncommercial: the license of {spec.full_name} ({spec.license}) forbids"
                " commercial use; serve it only with the setting allow_noncommercial (TRIWIRE_ALLOW_NONCOMMERCIAL=true)"
            )
    profile._folder = path.parent.absolute()
    profile._location = name_or_path
    return profile


def _describe(file_name: str, fault: Any) -> str:
    """One fault of pydantic's as `file: field: message`."""
    field = ""
    for part in fault["loc"]:
        # The discriminator of a source is not a key of the file.
        if isinstance(part, int):
            field += f"[{part}]"
        elif part not in ("huggingface", "directory", "wheels", "openai"):
            field += f".{part}" if field else part
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "no such field; see docs/models.md"
    return f"{file_name}: {field}: {message}" if field else f"{file_name}: {message}"
