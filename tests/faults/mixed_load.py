"""Everything that callers do, right and wrong, drawn in a mix; each outcome is one that its caller may expect."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from tests.faults.calls import outcome, text_content
from tests.refusals import told_in
from triwire.v1 import article_pb2, article_service_pb2, glossary_service_pb2

CALLERS = 8
LIMITS = {
    "TRIWIRE_MAX_QUEUE_TOKENS": "6000",  # so that a burst is more than it takes
    "TRIWIRE_CACHE_BYTES": "1000000",  # so that the cache is full while things warm up
}
SENTENCES = {
    "en": "Pier {n} reopened on Monday after {m} weeks of repairs, Kim Min-su said.",
    "ko": "{n}번 부두가 {m}주 동안의 수리를 마치고 월요일에 다시 열렸다.",  # pier n reopened after m weeks of repairs
    "ja": "{n}番埠頭は{m}週間の修理を終えて月曜日に再開した。",  # the same in Japanese
}
LANGUAGES = tuple(SENTENCES)
_STYLES = (article_service_pb2.SUMMARY_STYLE_HEADLINE, article_service_pb2.SUMMARY_STYLE_BULLETS)
_FULL = "RESOURCE_EXHAUSTED QUEUE_FULL"
_LATE = ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED DEADLINE")


class MixedLoad:
    """Callers that do one thing after the other until their time is over.

    Args:
        articles: stub of the ArticleService.
        glossaries: stub of the GlossaryService.
        seed: of what is drawn.
    """

    def __init__(self, articles: Any, glossaries: Any, seed: int = 7) -> None:
        self._articles = articles
        self._glossaries = glossaries
        self._draw = random.Random(seed)
        self.outcomes: Counter[str] = Counter()
        """By action and what became of it: "translate: OK"."""

        self.unexplained: list[str] = []
        """Outcomes that the action cannot have."""

        self._actions: list[tuple[int, Callable[[], Awaitable[list[str]]], tuple[str, ...]]] = [
            (30, self.translate, (_FULL,)),
            (10, self.summarize, (_FULL,)),
            (8, self.process_article, (_FULL,)),
            (10, self.stream, (_FULL,)),
            (5, self.extract, ()),
            (5, self.detect, ()),
            (2, self.list_models, ()),
            (5, self.batch, ("INVALID_ARGUMENT LANGUAGE_UNSUPPORTED",)),
            (8, self.refused, ("INVALID_ARGUMENT INVALID_FIELD", "NOT_FOUND MODEL_NOT_FOUND")),
            (8, self.too_late, (*_LATE, _FULL)),
            (8, self.cancelled, ("CANCELLED", _FULL)),
            (5, self.glossary, ("ALREADY_EXISTS GLOSSARY_EXISTS", "NOT_FOUND GLOSSARY_NOT_FOUND")),
            (1, self.burst, (_FULL,)),
        ]

    async def run(self, seconds: float) -> None:
        """Let all callers work for some time."""
        end = time.monotonic() + seconds

        async def caller() -> None:
            while time.monotonic() < end:
                [(_, action, allowed)] = self._draw.choices(self._actions, [weight for weight, *_ in self._actions])
                for result in await action():
                    self.outcomes[f"{action.__name__}: {result}"] += 1
                    if result != "OK" and result not in allowed:
                        self.unexplained.append(f"{action.__name__}: {result}")

        await asyncio.gather(*(caller() for _ in range(CALLERS)))

    def text(self, language: str, sentences: int) -> str:
        """A text of which most were asked for before."""
        most = 40 if self._draw.random() < 0.7 else 1_000_000
        sentence = SENTENCES[language]
        return " ".join(
            sentence.format(n=self._draw.randrange(most), m=self._draw.randrange(9)) for _ in range(sentences)
        )

    def pair(self) -> tuple[str, str]:
        source, target = self._draw.sample(LANGUAGES, 2)
        return source, target

    def content(self, language: str, sentences: int = 3) -> article_pb2.Content:
        return text_content(self.text(language, sentences), language)

    def translation(self, sentences: int = 2) -> article_service_pb2.TranslateRequest:
        source, target = self.pair()
        return article_service_pb2.TranslateRequest(content=self.content(source, sentences), target_language=target)

    def process_request(self) -> article_service_pb2.ProcessArticleRequest:
        source, target = self.pair()
        return article_service_pb2.ProcessArticleRequest(
            content=self.content(source, 4),
            target_languages=[target],
            summaries=[article_service_pb2.SummaryOptions(style=self._draw.choice(_STYLES))],
        )

    async def translate(self) -> list[str]:
        request = self.translation(self._draw.choice((1, 2, 4, 12)))
        request.priority = self._draw.randrange(4)  # type: ignore[assignment]  # numbered as the enum
        if self._draw.random() < 0.2:
            term = glossary_service_pb2.GlossaryTerm(forms={"en": "Pier", "ko": "부두", "ja": "埠頭"})
            request.house_style.terms.append(term)
        return [_said(await outcome(self._articles.Translate(request, timeout=120)))]

    async def summarize(self) -> list[str]:
        options = article_service_pb2.SummaryOptions(style=self._draw.choice(_STYLES))
        content = self.content(self._draw.choice(LANGUAGES), 6)
        request = article_service_pb2.SummarizeRequest(content=content, options=options)
        return [_said(await outcome(self._articles.Summarize(request, timeout=120)))]

    async def process_article(self) -> list[str]:
        return [_said(await outcome(self._articles.ProcessArticle(self.process_request(), timeout=120)))]

    async def stream(self) -> list[str]:
        request = article_service_pb2.StreamProcessArticleRequest(request=self.process_request())

        async def read() -> str:
            parts = [part async for part in self._articles.StreamProcessArticle(request, timeout=120)]
            failed = [str(told_in(part.error.status)) for part in parts if part.HasField("error")]
            return failed[0] if failed else "OK"

        return [_said(await outcome(read()))]

    async def extract(self) -> list[str]:
        paragraphs = "".join(f"<p>{self.text('en', 3)}</p>" for _ in range(5))
        html = f"<html><body><nav>Home</nav><article><h1>Pier</h1>{paragraphs}</article></body></html>"
        request = article_service_pb2.ExtractArticleRequest(content=article_pb2.Content(html=html))
        return [_said(await outcome(self._articles.ExtractArticle(request, timeout=120)))]

    async def detect(self) -> list[str]:
        content = self.content(self._draw.choice(LANGUAGES))
        request = article_service_pb2.DetectLanguageRequest(content=content)
        return [_said(await outcome(self._articles.DetectLanguage(request, timeout=120)))]

    async def list_models(self) -> list[str]:
        return [_said(await outcome(self._articles.ListModels(article_service_pb2.ListModelsRequest(), timeout=60)))]

    async def batch(self) -> list[str]:
        items = [
            article_service_pb2.ProcessBatchRequest(item_id=f"i{number}", translate=self.translation())
            for number in range(self._draw.randrange(1, 12))
        ]
        if self._draw.random() < 0.3:
            items[0].translate.target_language = "fr"

        async def read() -> list[str]:
            answers = [answer async for answer in self._articles.ProcessBatch(iter(items), timeout=120)]
            missing = len(items) - len({answer.item_id for answer in answers})
            results = [str(told_in(answer.error)) if answer.HasField("error") else "OK" for answer in answers]
            return [*results, *["an item without an answer"] * missing]

        answers = await outcome(read())
        return [answers] if isinstance(answers, str) else answers

    async def refused(self) -> list[str]:
        request = self.translation()
        if self._draw.random() < 0.5:
            request.options.model = "gpt-0"
        else:
            request.content.text += "\0"
        return [_said(await outcome(self._articles.Translate(request, timeout=60)))]

    async def too_late(self) -> list[str]:
        seconds = self._draw.uniform(0.001, 0.1)
        return [_said(await outcome(self._articles.Translate(self.translation(20), timeout=seconds)))]

    async def cancelled(self) -> list[str]:
        request = article_service_pb2.StreamProcessArticleRequest(request=self.process_request())
        call = self._articles.StreamProcessArticle(request)

        async def read() -> str:
            while await call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in the stubs
                pass
            return "OK"

        reading = asyncio.ensure_future(outcome(read()))
        await asyncio.wait({reading}, timeout=self._draw.uniform(0.0, 0.3))
        call.cancel()
        try:
            return [await reading]
        except asyncio.CancelledError:
            return ["CANCELLED"]

    async def glossary(self) -> list[str]:
        name = f"g{self._draw.randrange(20)}"
        term = glossary_service_pb2.GlossaryTerm(forms={"en": f"Pier {self._draw.randrange(50)}", "ko": "부두"})
        stored = glossary_service_pb2.Glossary(terms=[term])
        stub = self._glossaries
        match self._draw.randrange(3):
            case 0:
                request: Any = glossary_service_pb2.CreateGlossaryRequest(glossary_id=name, glossary=stored)
                call = stub.CreateGlossary(request, timeout=60)
            case 1:
                call = stub.DeleteGlossary(
                    glossary_service_pb2.DeleteGlossaryRequest(name=f"glossaries/{name}"), timeout=60
                )
            case _:
                translation = self.translation()
                translation.house_style.glossaries.append(f"glossaries/{name}")
                call = self._articles.Translate(translation, timeout=120)
        answer = _said(await outcome(call))
        # The queue may be full for the one that translates.
        return ["OK" if answer == _FULL else answer]

    async def burst(self) -> list[str]:
        calls = [self._articles.Translate(self.translation(12), timeout=120) for _ in range(60)]
        return [_said(answer) for answer in await asyncio.gather(*(outcome(call) for call in calls))]


def _said(answer: Any) -> str:
    return answer if isinstance(answer, str) else "OK"
