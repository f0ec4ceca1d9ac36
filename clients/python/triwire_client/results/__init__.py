"""Results as people use them: texts, findings, Markdown, HTML, tables and notebooks around the contract's messages.

It knows nothing about calls: a response goes in.
"""

from triwire_client.results.findings import ResultFinding
from triwire_client.results.result import Result, ResultLike
from triwire_client.results.texts import ArticleText, SummaryText, TextBlock, TranslationText

__all__ = ["ArticleText", "Result", "ResultFinding", "ResultLike", "SummaryText", "TextBlock", "TranslationText"]
