"""Parts of a streamed article, for tests that let a server send them."""

import grpc

from tests.clients.python.servers import make_status
from triwire.v1 import article_pb2, article_service_pb2

STARTED = article_service_pb2.StreamProcessArticleResponse(
    started=article_service_pb2.ArticleStarted(
        request_id="r-1",
        source=article_pb2.Article(
            language="en",
            blocks=[
                article_pb2.Block(block_id="b1", kind=article_pb2.BLOCK_KIND_HEADLINE, text="Harbour opens"),
                article_pb2.Block(block_id="b2", kind=article_pb2.BLOCK_KIND_PARAGRAPH, text="It opened on Monday."),
            ],
        ),
    )
)


def part_of(block_id: str, text: str) -> article_service_pb2.StreamProcessArticleResponse:
    block = article_service_pb2.TranslatedBlock(block=article_pb2.Block(block_id=block_id, text=text))
    return article_service_pb2.StreamProcessArticleResponse(
        block=article_service_pb2.ArticleBlock(target_language="ko", block=block)
    )


def failed_part(language: str, code: grpc.StatusCode, reason: str) -> article_service_pb2.StreamProcessArticleResponse:
    error = article_service_pb2.ArticleError(target_language=language, status=make_status(code, reason))
    return article_service_pb2.StreamProcessArticleResponse(error=error)


USAGE = article_service_pb2.StreamProcessArticleResponse(usage=article_service_pb2.Usage())
KOREAN_DONE = article_service_pb2.StreamProcessArticleResponse(
    translation=article_service_pb2.Translation(source_language="en", target_language="ko", models=["m@1"])
)
