"""What the `triwire` command shows to people: articles, translations, summaries, findings, models.

On a terminal, columns and colours; in a pipe, one line for each block, whole and without escape sequences. Text of
articles is never read as markup, and its control characters are not passed on to the terminal.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from triwire.v1 import article_pb2, article_service_pb2, glossary_service_pb2
from triwire_client.glossaries import glossary_id
from triwire_client.glossary_entries import language_order
from triwire_client.review.bodies import body_of
from triwire_client.words import (
    block_kind,
    clean,
    count,
    describe_finding,
    enum_name,
    language_name,
    severity_word,
    summary_style,
)

Finding = article_service_pb2.Finding

_STYLES = {
    article_pb2.BLOCK_KIND_HEADLINE: "bold",
    article_pb2.BLOCK_KIND_STANDFIRST: "bold",
    article_pb2.BLOCK_KIND_SUBHEADING: "bold",
    article_pb2.BLOCK_KIND_QUOTE: "italic",
    article_pb2.BLOCK_KIND_CAPTION: "italic",
    article_pb2.BLOCK_KIND_BYLINE: "dim",
    article_pb2.BLOCK_KIND_SECTION: "dim",
    article_pb2.BLOCK_KIND_RELATED_LINK: "dim",
    article_pb2.BLOCK_KIND_BOILERPLATE: "dim",
}
_SEVERITY_STYLES = {"note": "cyan", "look": "yellow", "stop": "bold red"}


class Renderer:
    """Shows results of calls on a console.

    Args:
        console: where to; whether it is a terminal decides how.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def article(self, article: article_pb2.Article) -> None:
        """An article with the label of each block."""
        kinds = [block_kind(block.kind) for block in article.blocks]
        width = max([len(kind) for kind in kinds], default=0)
        ids = max([len(block.block_id) for block in article.blocks], default=0)
        self.heading(f"{language_name(article.language)} article", count(len(article.blocks), "block"))
        for block, kind in zip(article.blocks, kinds, strict=True):
            self._row(f"{block.block_id:<{ids}}  {kind:<{width}}", _body(block))

    def languages(self, languages: Sequence[article_service_pb2.DetectedLanguage]) -> None:
        """Languages that were found, most likely first."""
        if not languages:
            self._console.print("no words, hence no language")
        for found in languages:
            line = Text(f"{found.language:<4}", style="bold")
            line.append(f" {language_name(found.language)}", style="default")
            line.append(f"  confidence {found.confidence:.2f}, {found.proportion:.0%} of the text", style="dim")
            self._line(line)

    def translation(self, translation: article_service_pb2.Translation, *, num_missing: int = 0) -> None:
        """A translation block by block, each finding under the block that it concerns.

        Args:
            translation: with its blocks.
            num_missing: blocks that did not arrive because the call failed before.
        """
        notes = [f"from {language_name(translation.source_language)}"] if translation.source_language else []
        notes += [*translation.models, count(len(translation.blocks), "block")]
        if num_missing:
            notes.append(f"incomplete: {num_missing} missing")
        self.heading(language_name(translation.target_language), *notes)
        self._findings(translation.findings, "")
        ids = max([len(block.block.block_id) for block in translation.blocks], default=0)
        for block in translation.blocks:
            self._row(f"{block.block.block_id:<{ids}}", _body(block.block))
            self._findings(block.findings, body_of(block.block), indent=ids + 2)

    def summary(self, summary: article_service_pb2.Summary) -> None:
        """A summary with the blocks that each statement rests on."""
        style = summary_style(summary.style)
        self.heading(f"Summary in {language_name(summary.target_language)}", style, *summary.models)
        self._findings(summary.findings, "")
        is_bullets = summary.style == article_service_pb2.SUMMARY_STYLE_BULLETS
        for point in summary.points:
            body = Text(clean(point.text), style="bold" if style == "headline" else "")
            if point.source_block_ids:
                body.append(f"  [{', '.join(point.source_block_ids)}]", style="not bold dim")
            self._row("•" if is_bullets else "", body)
            self._findings(point.findings, point.text, indent=3)

    def usage(self, usage: article_service_pb2.Usage, seconds: float | None = None) -> None:
        """What a request cost, in one line.

        Args:
            usage: as the server told it.
            seconds: wall time that the caller measured.
        """
        parts = [f"{usage.input_tokens:,} tokens in", f"{usage.output_tokens:,} out"]
        parts.append(count(usage.segments, "segment") + f" ({usage.cached_segments:,} from the cache)")
        compute = usage.compute_duration.ToNanoseconds() / 1e9
        parts.append(f"queue {usage.queue_duration.ToNanoseconds() / 1e9:.2f} s, compute {compute:.2f} s")
        if seconds is not None:
            parts.append(f"{seconds:.1f} s in all")
            if usage.output_tokens and seconds > 0:
                parts.append(f"{usage.output_tokens / seconds:.1f} tokens/s")
        self._console.print()
        self._line(Text("usage: " + " · ".join(parts), style="dim"))

    def models(self, response: article_service_pb2.ListModelsResponse) -> None:
        """Models with their directions and licenses, and the limits of the deployment."""
        for model in response.models:
            task = enum_name(article_service_pb2.Model.Task.Name(model.task), "TASK_")
            self.heading(model.model, task)
            license_text = Text(clean(model.license) or "not stated")
            if model.noncommercial:
                license_text.append("  commercial use is forbidden", style="bold red")
            self._row("license  ", license_text)
            self._row("languages", Text(_directions(model.language_pairs)))
            if model.max_input_tokens:
                self._row("reads    ", Text(f"{model.max_input_tokens:,} tokens at once"))
            registers = [enum_name(article_service_pb2.Register.Name(value), "REGISTER_") for value in model.registers]
            if registers:
                self._row("registers", Text(", ".join(registers)))
            if model.origin_uri:
                self._row("origin   ", Text(clean(model.origin_uri)))
        if not response.models:
            self._console.print("no models are loaded")
        limits = [
            f"{field.name.removeprefix('max_').replace('_', ' ')} {value:,}"
            for field, value in response.limits.ListFields()
        ]
        self._console.print()
        self._line(Text("limits: " + " · ".join(limits), style="dim"))

    def glossaries(self, glossaries: Sequence[glossary_service_pb2.Glossary]) -> None:
        """Glossaries without their terms, a line each."""
        if not glossaries:
            self._console.print("no glossaries are stored")
        ids = max([len(glossary_id(glossary.name)) for glossary in glossaries], default=0)
        for glossary in glossaries:
            notes = [count(glossary.term_count, "term"), f"changed {_time(glossary.update_time)}"]
            self._row(f"{glossary_id(glossary.name):<{ids}}", Text(clean(" · ".join(_named(glossary, notes)))))

    def glossary(self, glossary: glossary_service_pb2.Glossary) -> None:
        """A glossary with its terms, a line each."""
        notes = _named(glossary, [count(glossary.term_count, "term"), f"etag {glossary.etag}"])
        self.heading(glossary_id(glossary.name), *notes)
        for term in glossary.terms:
            line = Text()
            for language in language_order([term]):
                line.append(f"{' · ' if line.plain else ''}{clean(language)} ", style="dim")
                line.append(clean(term.forms[language]))
            flags = ["verbatim"] * term.verbatim + ["any case"] * term.case_insensitive
            line.append(f"  ({', '.join(flags)})" if flags else "", style="dim")
            self._line(line)

    def stored_glossary(self, glossary: glossary_service_pb2.Glossary, verb: str) -> None:
        """What became of a glossary, in one line: "westmere created · 12 terms · etag 7"."""
        notes = _named(glossary, [count(glossary.term_count, "term"), f"etag {glossary.etag}"])
        self._line(Text(clean(" · ".join([f"{glossary_id(glossary.name)} {verb}", *notes]))))

    def heading(self, title: str, *notes: str) -> None:
        """A title with remarks, after an empty line."""
        line = Text(clean(title), style="bold green")
        for note in notes:
            line.append(f" · {clean(note)}", style="not bold dim")
        self._console.print()
        self._line(line)

    def _row(self, label: str, body: Text) -> None:
        if not self._console.is_terminal:
            indent = " " * (len(label) + 2)
            plain = body.plain.replace("\n", f"\n{indent}")
            self._line(Text(f"{label}  {plain}"))
            return
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(label), body)
        self._console.print(grid)

    def _findings(self, findings: Iterable[article_service_pb2.Finding], body: str, indent: int = 0) -> None:
        lines = [(severity_word(finding.severity), describe_finding(finding, body)) for finding in findings]
        for (word, words), times in Counter(lines).items():  # in order, equal ones together
            style = _SEVERITY_STYLES[word]
            line = Text(" " * indent)
            line.append(f"! {word}: ", style=style)
            line.append(words + (f" ({times} times)" if times > 1 else ""), style=style.replace("bold ", ""))
            self._line(line)

    def _line(self, line: Text) -> None:
        # A pipe gets whole lines: whoever searches them should not depend on a width.
        self._console.print(line, soft_wrap=not self._console.is_terminal)


def _body(block: article_pb2.Block) -> Text:
    body = Text(clean(body_of(block)), style=_STYLES.get(block.kind, ""))
    if block.credit:
        body.append(f"  ({clean(block.credit)})", style="not italic dim")
    return body


def _directions(pairs: Sequence[article_service_pb2.LanguagePair]) -> str:
    has_others = not all(pair.is_default for pair in pairs)
    directions: dict[str, list[str]] = {}
    for pair in pairs:
        mark = "*" if has_others and pair.is_default else ""
        directions.setdefault(pair.source_language, []).append(pair.target_language + mark)
    words = "; ".join(f"{source} to {', '.join(targets)}" for source, targets in directions.items())
    return words + ("  (* default for this direction)" if "*" in words else "")


def _time(moment: Timestamp) -> str:
    return f"{moment.ToDatetime():%Y-%m-%d %H:%M:%S} UTC"


def _named(glossary: glossary_service_pb2.Glossary, notes: Sequence[str]) -> list[str]:
    return [*([glossary.display_name] if glossary.display_name else []), *notes]
