"""The asyncio client: the calls of the contract's services, and `process` over them."""

import inspect
from collections.abc import Iterable, Sequence
from contextlib import aclosing

from triwire.v1 import article_service_pb2
from triwire_client.article_calls import ArticleCalls
from triwire_client.content import CleaningName, ContentLike, PriorityLike, SummaryLike, to_summaries
from triwire_client.glossaries import GlossaryCalls
from triwire_client.process import BlockCallback, Processing, ProgressCallback, SummaryCallback
from triwire_client.results import Result


class Client(ArticleCalls, GlossaryCalls):
    """Calls a triwire service.

    Args:
        target: "host:port", "dns:///service:port", ...; None: TRIWIRE_TARGET, else 127.0.0.1:50051.
        token: bearer token; None: TRIWIRE_TOKEN, else none.
        tls: how to secure the connection; None: TRIWIRE_TLS_*, else plaintext.
        timeout: seconds for each call, retries included, where the call gives none; None: no limit.
        retry: what is tried again.
        channel: a channel to use instead of making one; the caller closes it. How it balances is the caller's choice.
        channel_options: gRPC options ("grpc.keepalive_time_ms", 60_000) that go before the client's own.
        allow_plaintext_token: send the token in plaintext to other machines too, where a mesh or a proxy on this one
            encrypts it; None: if TRIWIRE_ALLOW_PLAINTEXT_TOKEN is 1.

    Raises:
        PlaintextTokenError: the token would go over the network in plaintext.

    `async with Client() as triwire:` closes the connection at the end. A task that is cancelled cancels its call on the
    server too.

    Examples:
        >>> import asyncio
        >>> from triwire_client import Client
        >>> async def main() -> None:
        ...     async with Client(timeout=60) as triwire:
        ...         answer = await triwire.translate("The harbour opened again.", "ko", source_language="en")
        ...     print(answer.translation.target_language, len(answer.translation.blocks))
        >>> asyncio.run(main())
        ko 1
    """

    async def process(
        self,
        content: ContentLike,
        *,
        target_languages: Sequence[str] = (),
        summaries: Iterable[SummaryLike] = (),
        source_language: str = "",
        cleaning: CleaningName | None = None,
        options: article_service_pb2.TranslationOptions | None = None,
        house_style: article_service_pb2.HouseStyle | None = None,
        priority: PriorityLike = "standard",
        request_id: str = "",
        timeout: float | None = None,
        on_block: BlockCallback | None = None,
        on_summary: SummaryCallback | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> Result:
        """Extract, summarize and translate, and be told of each part as it is ready; gives the whole at the end.

        Callbacks are functions or coroutine functions. They run one after the other on the event loop, and the next
        part waits for them; an exception in one ends the call, on the server too, and is raised as it is.

        Args:
            content: text, Html, Article or Content.
            target_languages: to translate into.
            summaries: "headline", "bullets", "paragraph", or SummaryOptions, which carry their own target language.
            source_language: of the content; empty: detected.
            cleaning: whether boilerplate is looked for; None: it is, in text and HTML.
            options: how the translations are made.
            house_style: how the newsroom writes.
            priority: place in the queue: "interactive", "standard" or "bulk".
            request_id: for logs; empty: the server makes one.
            timeout: seconds, retries included.
            on_block: called with each translated block, in any order.
            on_summary: called with each summary.
            on_progress: called when it is known how much there is to do, and after each step.

        Returns:
            The result, complete: as `process_article` gives it, in a `Result`.

        Raises:
            TriwireError: as its subclass for the reason, also if one of the translations or summaries alone failed;
                the others are in its `partial`.

        Examples:
            >>> import asyncio
            >>> from triwire_client import Client
            >>> async def main() -> None:
            ...     async with Client() as triwire:
            ...         result = await triwire.process(
            ...             "The harbour of Westmere opened again on Monday.",
            ...             target_languages=["ko"],
            ...             summaries=["headline"],
            ...             source_language="en",
            ...             on_progress=lambda progress: print(progress.done, "of", progress.total),
            ...         )
            ...     print(list(result.translations), [summary.style for summary in result.summaries])
            >>> asyncio.run(main())
            0 of 2
            1 of 2
            2 of 2
            ['ko'] ['headline']
        """
        wanted = to_summaries(summaries)
        request = article_service_pb2.ProcessArticleRequest(
            target_languages=target_languages, summaries=wanted, translation_options=options
        )
        processing = Processing(request, on_block, on_summary, on_progress)
        parts = self.stream_process_article(
            content,
            target_languages=target_languages,
            summaries=wanted,
            source_language=source_language,
            cleaning=cleaning,
            options=options,
            house_style=house_style,
            priority=priority,
            request_id=request_id,
            timeout=timeout,
        )
        async with aclosing(parts):
            while True:
                with processing.reading():
                    part = await anext(parts, None)
                if part is None:
                    return processing.result()
                for returned in processing.take(part):
                    if inspect.isawaitable(returned):
                        await returned
