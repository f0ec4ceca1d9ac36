"""The one form in which all text is read and returned."""

import unicodedata


def normalize(text: str) -> str:
    r"""Unicode normalization form C with line feeds as the only line ends.

    Decomposed Hangul and kana are composed; CR LF and lone CR become LF. Nothing else is altered: NUL, no-break and
    zero-width spaces stay, and so do lone surrogates in a Python string.

    Source: Unicode Standard Annex 15.
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
