"""Models that another server runs: what it is asked for a segment, and how its answer is read. No network.

The API is that of OpenAI's chat completions. The prompts are those of chat models that run here (`chat_message.py`);
the other server puts them into the template of its model.
"""

import math
import re
import ssl
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from triwire_server.engine.models.base import ServedModel
from triwire_server.engine.models.chat_message import (
    TERMS_MARK,
    TEXT_MARK,
    chat_of,
    fenced,
    term_lines,
    user_message,
    without_thoughts,
)
from triwire_server.profiles.profile import ModelSpec
from triwire_server.profiles.prompts import Prompts
from triwire_server.profiles.remote_source import OpenAISource
from triwire_server.segment import Output, Segment

REPAIR_TEMPERATURE = 0.6
"""Of the second attempt at a broken output, with the attempt's number as seed."""

TOKENS_PER_ASCII = 0.3
TOKENS_PER_OTHER = 1.0
"""Estimate of tokens by characters, rather too many: another server's tokenizer is not at hand."""

_MOST_TOKENS = 10_000_000
_BREAK = "\u2060"  # WORD JOINER: invisible, of no width
_CONTROL = re.compile(
    r"(?<=[<\[])(?=[|｜][^|｜<>\s]{1,40}[|｜]|/?(?:s|INST|SYS|bos|eos|pad|unk|think|(?:start|end)_of_turn)[>\]])"
)
"""Where a control token of a chat template would be taken apart: behind its first character."""

_MENDED = re.compile(rf"(?<=[<\[]){_BREAK}")


class InvalidAnswer(Exception):
    """An answer is none of a chat completion. The message holds no text of it."""


class Withheld(InvalidAnswer):
    """The server has an answer and does not give it, however often it is asked."""


class RemoteModel(ServedModel):
    """A model behind an address.

    Args:
        spec: what the profile says of it: prompts, and a source of kind "openai".
        api_key: sent with every request; "" sends none.
        ca_certificate: path of a PEM file to check the server's certificate with; "" takes the system's.

    Raises:
        OSError: that file cannot be read as certificates.
    """

    def __init__(self, spec: ModelSpec, api_key: str = "", ca_certificate: str = "") -> None:
        if not isinstance(spec.source, OpenAISource) or spec.prompts is None:
            raise ValueError(f"{spec.full_name} is no remote chat model")
        self.card = spec.card
        self.source: OpenAISource = spec.source
        self.api_key = api_key
        self.ssl_context = ssl.create_default_context(cafile=ca_certificate) if ca_certificate else None
        """None: the certificate is checked with what the system trusts."""

        self.fingerprint = spec.fingerprint("remote")
        self._spec = spec
        self._prompts: Prompts = spec.prompts

    def request(self, segment: Segment) -> dict[str, Any]:
        """The body of the request for a segment."""
        message = fenced(user_message(self._prompts, segment), segment)
        data = {
            TEXT_MARK: without_control(segment.text),
            TERMS_MARK: without_control(term_lines(self._prompts.terms, segment.terms)) if segment.terms else "",
        }
        content = re.sub(f"[{TEXT_MARK}{TERMS_MARK}]", lambda mark: data[mark.group()], message)
        text_tokens = self.count_tokens(segment.text, segment.source_language)
        body: dict[str, Any] = {
            **self.source.extra_body,
            "model": self.source.model,
            "messages": chat_of(self._prompts.system, content),
            "max_tokens": self._spec.output.for_segment(segment, text_tokens),
            "temperature": REPAIR_TEMPERATURE if segment.attempt else 0.0,
        }
        return {**body, "seed": segment.attempt} if segment.attempt else body

    def read(self, content: bytes, request: Mapping[str, Any]) -> Output:
        """What an answer says: the text, whether it was cut off, and what it cost.

        Args:
            content: body of the answer.
            request: that it answers; tokens are estimated where the server does not count them.

        Raises:
            Withheld: the server filters what it wrote.
            InvalidAnswer: this is no answer to it.
        """
        try:
            completion = _Completion.model_validate_json(content)
        except ValidationError:
            raise InvalidAnswer("not a chat completion") from None
        choice = completion.choices[0]
        if choice.finish_reason == "content_filter":
            raise Withheld("withheld by a filter of the model server")
        if choice.message.content is None:
            raise InvalidAnswer("an answer without text")
        usage = completion.usage or _Usage()
        read = sum(self.count_tokens(message["content"], "") for message in request["messages"])
        return Output(
            text=without_thoughts(_MENDED.sub("", choice.message.content)),
            input_tokens=usage.prompt_tokens or read,
            output_tokens=usage.completion_tokens or self.count_tokens(choice.message.content, ""),
            truncated=choice.finish_reason == "length",
        )

    def count_tokens(self, text: str, language: str) -> int:
        """See `ServedModel.count_tokens`: an estimate, the same for all languages."""
        num_ascii = sum(character.isascii() for character in text)
        return math.ceil(num_ascii * TOKENS_PER_ASCII + (len(text) - num_ascii) * TOKENS_PER_OTHER)


def without_control(text: str) -> str:
    """A text in which no reader finds control tokens: "<|im_end|>" in an article would end the message.

    A server reads the whole message with its control tokens, data or not. Such words get an invisible character, which
    `RemoteModel.read` takes out of the answer.
    """
    return _CONTROL.sub(_BREAK, text)


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0, le=_MOST_TOKENS)
    completion_tokens: int = Field(default=0, ge=0, le=_MOST_TOKENS)


class _Completion(BaseModel):
    """What is read of a chat completion; servers add fields of their own."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None
