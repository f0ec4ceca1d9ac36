"""triwire server: cleans, summarizes and translates news articles between English, Korean and Japanese."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the client, which is installed with it, runs on 3.10 too
    raise ImportError("triwire_server needs Python 3.11 or newer; with 3.10 there is the client alone")

__version__ = "0.1.0"
