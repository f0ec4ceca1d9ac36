"""What a deployment accepts. The defaults are those of the contract; `ListModels` tells the actual ones."""

import re
from dataclasses import dataclass

MAX_ID_CHARACTERS = 64
"""Characters of a request id, an item id and a block id."""

MESSAGE_ID = re.compile(rf"[A-Za-z0-9._:-]{{1,{MAX_ID_CHARACTERS}}}")
"""What a request id and an item id are made of."""

MAX_TAG_CHARACTERS = 64
"""Characters of a language tag; RFC 5646 (section 4.4.1) asks for room for 35."""

MAX_SHOWN_CHARACTERS = 64
"""Characters of a value without a rule of its own that an error quotes. gRPC takes 8 KiB of trailers in all."""

MAX_REQUEST_TERMS = 1_000
"""Terms that a request brings itself, those of its stored glossaries not counted."""

MAX_TERM_FORM_CHARACTERS = 200
"""Code points of one written form of a term."""

MAX_GLOSSARY_BYTES = 2 * 1024 * 1024
"""Size in bytes of the terms of a stored glossary, encoded."""

MAX_DISPLAY_NAME_CHARACTERS = 120
"""Code points of the name that a glossary has for people."""

MAX_BULLETS = 20
"""Bullets of one summary. More is a list of sentences and no summary."""

DEFAULT_PAGE_SIZE = 50
"""Entries on a page of a list when the request does not say."""

MAX_PAGE_SIZE = 500
"""Most entries on a page of a list; a request for more gets this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a deployment accepts, named as in `triwire.v1.Limits`.

    With the defaults no valid request or response reaches 4 MiB, the default message size of gRPC.
    """

    max_content_bytes: int = 2 * 1024 * 1024
    """Size in bytes of the content as sent, markup included."""

    max_article_characters: int = 100_000
    """Code points in the bodies of all blocks that are not BOILERPLATE; for HTML under CLEANING_NONE, in all of it."""

    max_blocks: int = 2_000
    """Blocks of an article."""

    max_outputs: int = 8
    """Target languages and summaries of ProcessArticle, together."""

    max_terms: int = 10_000
    """Terms of a request, those of its glossaries included."""

    max_items_in_flight: int = 64
    """Unanswered items of a ProcessBatch stream."""
