"""A small load with a bit of everything: successes, failures, refusals, streams, batches, repairs, cached results."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc

from triwire.v1 import (
    article_pb2,
    article_service_pb2,
    article_service_pb2_grpc,
    glossary_service_pb2,
    glossary_service_pb2_grpc,
)
from triwire_server.segment import Priority

MAX_QUEUE_TOKENS = 200
"""So that two articles at once are one too many."""

PAGE = Path("examples/articles/observatory.en.html").read_text(encoding="utf-8")


def content(text: str) -> article_pb2.Content:
    """A text as it is."""
    return article_pb2.Content(text=text, language="en", cleaning=article_pb2.CLEANING_NONE)


def translation(
    text: str, target_language: str = "ko", priority: Priority = Priority.STANDARD
) -> article_service_pb2.TranslateRequest:
    """A request for one translation."""
    return article_service_pb2.TranslateRequest(
        content=content(text),
        target_language=target_language,
        priority=article_service_pb2.Priority.ValueType(priority),
    )


class Load:
    """Calls a server and keeps a count of its own.

    Args:
        channel: to the server.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._articles: Any = article_service_pb2_grpc.ArticleServiceStub(channel)
        self._glossaries: Any = glossary_service_pb2_grpc.GlossaryServiceStub(channel)
        self._number = 0
        self.answers: Counter[tuple[str, str]] = Counter()
        """Calls that ended, by method and code."""

    async def round(self) -> None:
        """Some calls of each kind, one after the other."""
        self._number += 1
        for priority in Priority:
            await self.translate(f"Pier {self._number} reopened for {priority.name} on Monday.", priority=priority)
        await self.translate("The pier reopened on Monday.")  # from the second round on it is known
        await self.translate("The pier reopened on Monday.", "fr")
        await self._call("Translate", self._articles.Translate(translation(f"Late {self._number}."), timeout=0.001))
        await self._other_methods()
        await self._stream()
        await self._batch()

    async def crowd(self, size: int, priority: Priority) -> None:
        """Many articles at once, most of which find no room."""
        self._number += 1
        text = " ".join(f"Pier {part} of {self._number} reopened on Monday." for part in range(8))
        await asyncio.gather(*(self.translate(f"{text} {caller}", priority=priority) for caller in range(size)))

    async def translate(self, text: str, target_language: str = "ko", priority: Priority = Priority.STANDARD) -> None:
        """One call of Translate."""
        request = translation(text, target_language, priority)
        await self._call("Translate", self._articles.Translate(request, timeout=60))

    async def _other_methods(self) -> None:
        text = content(f"The pier reopened on day {self._number}. It had been closed for a year.")
        summary = article_service_pb2.SummaryOptions(style=article_service_pb2.SUMMARY_STYLE_HEADLINE)
        await self._call(
            "Summarize",
            self._articles.Summarize(article_service_pb2.SummarizeRequest(content=text, options=summary), timeout=60),
        )
        process = article_service_pb2.ProcessArticleRequest(content=text, target_languages=["ja"])
        await self._call("ProcessArticle", self._articles.ProcessArticle(process, timeout=60))
        page = article_pb2.Content(html=PAGE)
        await self._call(
            "ExtractArticle",
            self._articles.ExtractArticle(article_service_pb2.ExtractArticleRequest(content=page), timeout=60),
        )
        detect = article_service_pb2.DetectLanguageRequest(content=text)
        await self._call("DetectLanguage", self._articles.DetectLanguage(detect, timeout=60))
        missing = glossary_service_pb2.GetGlossaryRequest(name="glossaries/none")
        await self._call("GetGlossary", self._glossaries.GetGlossary(missing, timeout=60))

    async def _stream(self) -> None:
        article = article_service_pb2.ProcessArticleRequest(
            content=content(f"Stream {self._number} of the pier."), target_languages=["ko"]
        )
        request = article_service_pb2.StreamProcessArticleRequest(request=article)
        await self._read("StreamProcessArticle", self._articles.StreamProcessArticle(request, timeout=60))

    async def _batch(self) -> None:
        async def items() -> AsyncIterator[article_service_pb2.ProcessBatchRequest]:
            for number in range(3):
                yield article_service_pb2.ProcessBatchRequest(
                    item_id=f"i{number}", translate=translation(f"Item {number} of {self._number}.")
                )
            yield article_service_pb2.ProcessBatchRequest(item_id="bad", translate=translation("No.", "fr"))

        await self._read("ProcessBatch", self._articles.ProcessBatch(items(), timeout=60))

    async def _call(self, method: str, call: Any) -> None:
        try:
            await call
        except grpc.aio.AioRpcError as error:
            self.answers[method, error.code().name] += 1
        else:
            self.answers[method, "OK"] += 1

    async def _read(self, method: str, stream: Any) -> None:
        async def read() -> None:
            async for _ in stream:
                pass

        await self._call(method, read())
