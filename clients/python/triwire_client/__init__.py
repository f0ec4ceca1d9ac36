"""Python client of triwire: cleans, summarizes and translates news articles between English, Korean and Japanese."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triwire_client.batch import BatchResult
    from triwire_client.client import Client
    from triwire_client.connection import Tls
    from triwire_client.content import Html
    from triwire_client.errors import TriwireError, Violation
    from triwire_client.ninjs import NinjsError, NinjsItem, NinjsOutput, read_ninjs, write_ninjs
    from triwire_client.plaintext import PlaintextTokenError
    from triwire_client.process import Progress
    from triwire_client.results import ArticleText, Result, ResultFinding, SummaryText, TextBlock, TranslationText
    from triwire_client.retry import RetryPolicy
    from triwire_client.review import review_page
    from triwire_client.sync import SyncClient

__all__ = [
    "ArticleText",
    "BatchResult",
    "Client",
    "Html",
    "NinjsError",
    "NinjsItem",
    "NinjsOutput",
    "PlaintextTokenError",
    "Progress",
    "Result",
    "ResultFinding",
    "RetryPolicy",
    "SummaryText",
    "SyncClient",
    "TextBlock",
    "Tls",
    "TranslationText",
    "TriwireError",
    "Violation",
    "read_ninjs",
    "review_page",
    "write_ninjs",
]

_MODULES = {
    "ArticleText": "results",
    "BatchResult": "batch",
    "Client": "client",
    "Html": "content",
    "NinjsError": "ninjs",
    "NinjsItem": "ninjs",
    "NinjsOutput": "ninjs",
    "PlaintextTokenError": "plaintext",
    "Progress": "process",
    "Result": "results",
    "ResultFinding": "results",
    "RetryPolicy": "retry",
    "SummaryText": "results",
    "SyncClient": "sync",
    "TextBlock": "results",
    "Tls": "connection",
    "TranslationText": "results",
    "TriwireError": "errors",
    "Violation": "errors",
    "read_ninjs": "ninjs",
    "review_page": "review",
    "write_ninjs": "ninjs",
}


if not TYPE_CHECKING:  # or a name that is not there would be anything to a type checker

    def __getattr__(name: str) -> Any:
        """Import a name when it is first used: the command has to set up gRPC's log before gRPC is imported."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
