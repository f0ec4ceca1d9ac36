"""triwire server: cleans, summarizes and translates news articles between English, Korean and Japanese."""

__version__ = "0.1.0.dev0"
