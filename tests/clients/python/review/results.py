"""Results for the tests of the review page: a hostile one, and the example whose translations were made by hand."""

from pathlib import Path

from google.protobuf import json_format

from triwire.v1.article_pb2 import Article, Block, BlockKind, Location, TextRange
from triwire.v1.article_service_pb2 import Finding, ProcessArticleResponse, Summary, SummaryPoint, Translation
from triwire.v1.glossary_service_pb2 import GlossaryTerm

EXAMPLE = Path(__file__).parents[4] / "examples" / "review" / "observatory.json"
SCRIPT = "</title></style></script><script>window.hostile = true</script>"
IMAGE = '<img src="https://hostile.example/x.png" onerror="window.hostile = true">'
QUOTES = '" \' onmouseover="window.hostile = true" autofocus onfocus=\'window.hostile = true'


def example() -> ProcessArticleResponse:
    """The result of the example article in examples/review."""
    return json_format.Parse(EXAMPLE.read_text(encoding="utf-8"), ProcessArticleResponse())


def hostile() -> ProcessArticleResponse:
    """A result with script in every field that holds text, as a page or a model that means harm would make it."""
    attack = SCRIPT + IMAGE + QUOTES
    markup = f'<b onclick="window.hostile = true">{SCRIPT}</b><a href="javascript:window.hostile = true">x</a>{IMAGE}'
    kinds = ("HEADLINE", "PARAGRAPH", "CAPTION", "BOILERPLATE")
    blocks = [
        Block(
            block_id=f"b{number}{QUOTES}",
            kind=BlockKind.Value(f"BLOCK_KIND_{kind}"),
            credit=attack,
            language=attack,
            text=attack,
        )
        for number, kind in enumerate(kinds)
    ]
    blocks[1].inline_html = markup
    finding = Finding(
        kind=Finding.KIND_NAME_MISMATCH,
        severity=Finding.SEVERITY_CRITICAL,
        source=Location(block_id=blocks[1].block_id, range=TextRange(start=2, end=40)),
        target=TextRange(start=-5, end=33),
        expected=attack,
        actual=attack,
        message=attack,
    )
    translation = Translation(source_language=attack, target_language=attack, findings=[finding], models=[attack])
    for block in blocks[:3]:
        made = translation.blocks.add(block=block, findings=[finding])
        made.sentences.add(source=TextRange(start=0, end=17), target=TextRange(start=3, end=21))
    summary = Summary(target_language=attack, models=[attack], findings=[finding])
    summary.points.append(SummaryPoint(text=attack, source_block_ids=[blocks[0].block_id, attack], findings=[finding]))
    result = ProcessArticleResponse(request_id=attack, source=Article(language=attack, blocks=blocks))
    result.translations.append(translation)
    result.summaries.append(summary)
    return result


def hostile_terms() -> list[GlossaryTerm]:
    """Terms that stand in the hostile result, one of them with markup in it."""
    return [GlossaryTerm(forms={"en": "window", "ko": "window"}), GlossaryTerm(forms={SCRIPT: "x"}, verbatim=True)]
