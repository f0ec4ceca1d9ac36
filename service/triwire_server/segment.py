"""What goes into the engine and what comes out: plain values, no protobuf, no tensors.

They cross the border between the event loop and the thread that owns the device, and may one day cross a process.
"""

import enum
from dataclasses import dataclass, field


class Priority(enum.IntEnum):
    """Which work goes first. Numbered as `triwire.v1.Priority`; lower goes first."""

    INTERACTIVE = 1
    STANDARD = 2
    BULK = 3


class Task(enum.StrEnum):
    """What a model does."""

    TRANSLATION = "translation"
    SUMMARIZATION = "summarization"


class Register(enum.StrEnum):
    """Sentence endings of Korean and Japanese output."""

    NEWS = "news"
    POLITE = "polite"


class SummaryStyle(enum.StrEnum):
    """Form of a summary."""

    HEADLINE = "headline"
    BULLETS = "bullets"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySpec:
    """Which summary a segment asks for."""

    style: SummaryStyle
    max_characters: int
    """Upper bound in code points of all statements together. What the model is asked for, never a cut."""

    bullet_count: int = 3
    """How many bullets; BULLETS only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One text for a model: a sentence or two to translate, or the text to summarize.

    It is hashable and holds everything that the result depends on, so it names the result in the cache.
    """

    task: Task
    text: str
    source_language: str
    """"en", "ko" or "ja"."""

    target_language: str
    """"en", "ko" or "ja"; equal to `source_language` for a summary in the article's language."""

    is_headline: bool = False
    """A headline is translated as a headline."""

    register: Register = Register.NEWS
    summary: SummarySpec | None = None
    """Set for SUMMARIZATION only."""

    terms: tuple[tuple[str, str], ...] = ()
    """Glossary terms that the text holds: (form in the source, form to write). Models that take no instructions do not
    read them."""

    attempt: int = 0
    """0: the model's usual settings. 1: the repair of a broken output, with other decoding settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the device worked on a segment, in monotonic seconds."""

    arrived: float
    """It entered the queue."""

    started: float
    """It got its slot."""

    prefilled: float
    """The end of the step that read it."""

    finished: float
    """The end of its last step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a model made of one segment."""

    text: str
    input_tokens: int
    """Tokens the model read, instructions included. 0 if cached."""

    output_tokens: int
    """Tokens the model wrote, the end token included. 0 if cached."""

    truncated: bool = False
    """Whether the output stopped at a token limit before its end token."""

    cached: bool = False
    """Whether it was made for another call: kept in a cache, or by work that this one joined."""

    timing: Timing | None = field(default=None, compare=False)
    """None if the device did not work on it for this call."""
