"""Terms as numbers in what a model reads: "[3]" for a name, and the target form in its place in the output.

For models that take no instructions and copy numbers in brackets as they copy placeholders (text/placeholders/). The
numbers go on after those that a text holds already, so that one text may hold both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from triwire_server.text.language import base_language
from triwire_server.text.placeholders.marks import MARK
from triwire_server.text.terms.index import TermHit
from triwire_server.text.terms.output import Edit, edit_text

_MAX_MARK = 9999


@dataclass(frozen=True, slots=True)
class ProtectedTerms:
    """A text as a model reads it, with what its term marks stand for."""

    text: str
    hits: tuple[TermHit, ...]
    """Hit i is mark `first + i`; places are those in the text before protection."""

    first: int

    def restore(self, output: str, target_language: str) -> tuple[str, list[TermHit]]:
        """The target forms in place of their marks, in Korean with the particle after each agreeing with it.

        A mark that the model wrote twice becomes the form twice. Marks of other numbers stay: they are placeholders.

        Returns:
            The text, and the hits whose marks the model lost; `apply_terms` looks for those and reports them.
        """
        language = base_language(target_language)
        seen: set[int] = set()
        edits: list[Edit] = []
        for match in MARK.finditer(output):
            index = int(match.group(1)) - self.first
            if not 0 <= index < len(self.hits):
                continue
            seen.add(index)
            start, end = match.span()
            is_joined_before = language != "ja" and output[start - 1 : start].isalnum()
            is_joined_after = language == "en" and output[end : end + 1].isalnum()
            form = " " * is_joined_before + self.hits[index].target_form + " " * is_joined_after
            edits.append(Edit(start, end, form))
        lost = [hit for index, hit in enumerate(self.hits) if index not in seen]
        return edit_text(output, edits, language), lost


def protect_terms(text: str, hits: Sequence[TermHit]) -> ProtectedTerms:
    """The text with a mark for every hit.

    Args:
        text: what the hits were found in; it may hold marks of placeholders.
        hits: in order and without overlaps, as `TermIndex.find_terms` gives them. Those for which no number is left
            stay as they are and are counted as lost by nobody: `apply_terms` with all hits sees to them.
    """
    first = 1 + max((int(match.group(1)) for match in MARK.finditer(text)), default=0)
    kept = tuple(hits[: max(0, _MAX_MARK - first + 1)])
    parts: list[str] = []
    position = 0
    for number, hit in enumerate(kept, first):
        parts += [text[position : hit.start], f"[{number}]"]
        position = hit.end
    parts.append(text[position:])
    return ProtectedTerms("".join(parts), kept, first)
