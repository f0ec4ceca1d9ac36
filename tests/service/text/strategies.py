"""Texts that hypothesis makes: English, Korean, Japanese, mixed, with emoji, markup and what pages hold by accident."""

from hypothesis import strategies as st

# "the harbour reopened", Korean and Japanese for the same, and what surrounds words on a page.
PIECES = (
    "The harbour reopened. ",
    "“It is open,” she said. ",
    "U.S. exports rose 6.25 per cent. ",
    "항구가 다시 열렸다. ",  # The harbour reopened.
    "“바람이 셌다”고 말했다. ",  # "The wind was strong," (he) said.
    "港が再開した。",  # The harbour reopened.
    "「風が強かった。」と述べた。",  # "The wind was strong," (he) said.
    "（共同）",  # (Kyodo)
    "Photo: AP",
    "\n",
    "\n\n",
    "  • ",
    "- ",
    "Advertisement",
    "광고",  # advertisement
    "広告",  # advertisement
    "\u3000",  # IDEOGRAPHIC SPACE
    "\u00a0",  # NO-BREAK SPACE
    "\u200b",  # ZERO WIDTH SPACE
    "\u1112\u1161\u11ab",  # HAN as conjoining jamo, which NFC composes
    "\U0001f6a2",  # SHIP
    "https://example.com/a?b=1",
    "{name} %s @handle",
    "[1]",
    "&",
    "<b>",
    "</b>",
    "&amp;",
    '"',
    "「",
    "”",
    "12,345.6",
    "!?…",
    "\r\n",
    "\x00",
)

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
"""Any string without lone surrogates."""

texts = st.one_of(st.lists(st.one_of(st.sampled_from(PIECES), anything), max_size=14).map("".join), anything)
"""News-like text, broken in all sorts of ways."""

languages = st.sampled_from(["en", "ko", "ja", "en-GB", "fr", ""])

_WORDS = (
    "harbour",
    " reopened",
    " 항구",
    "港が",
    " &amp; ",
    "&lt;",
    " 12",
    ". ",
    "。",
    " {name}",
    " https://example.com",
    "\U0001f6a2",
)
_TAGS = (
    ("<b>", "</b>"),
    ("<em>", "</em>"),
    ('<a href="https://example.com/?a=1&amp;b=2">', "</a>"),
    ('<span class="notranslate">', "</span>"),
    ('<span translate="no">', "</span>"),
    ("<i>", "</i>"),
)


def _wrap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    element = st.tuples(st.sampled_from(_TAGS), inner).map(lambda pair: pair[0][0] + pair[1] + pair[0][1])
    return st.lists(st.one_of(element, inner, st.just("<br>")), max_size=3).map("".join)


inline_html = st.recursive(st.lists(st.sampled_from(_WORDS), max_size=4).map("".join), _wrap, max_leaves=8)
"""Inline HTML with balanced tags and escaped text, as blocks hold it."""
