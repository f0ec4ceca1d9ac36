"""Python client of triwire: cleans, summarizes and translates news articles between English, Korean and Japanese."""

from triwire_client.batch import BatchResult
from triwire_client.client import Client, Tls
from triwire_client.content import Html
from triwire_client.errors import TriwireError, Violation
from triwire_client.retry import RetryPolicy
from triwire_client.sync import SyncClient

__all__ = ["BatchResult", "Client", "Html", "RetryPolicy", "SyncClient", "Tls", "TriwireError", "Violation"]
