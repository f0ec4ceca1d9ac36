"""What `triwire process --format ninjs` prints: an item in each language, a line each."""

import json
import sys

from triwire.v1.article_service_pb2 import ProcessArticleResponse
from triwire_client.ninjs import NinjsItem, write_ninjs
from triwire_client.session import say


def show_items(response: ProcessArticleResponse, source: NinjsItem) -> None:
    """Write the items of a result to standard output as JSON lines, and what they do not have to standard error."""
    told: set[str] = set()
    for output in write_ninjs(response, source):
        sys.stdout.write(json.dumps(output.item, ensure_ascii=False) + "\n")
        for note in output.notes:
            if note not in told:  # most are the same in every language
                told.add(note)
                say(note)
