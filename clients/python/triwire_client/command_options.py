"""Options that several commands of `triwire` have, and the messages that their values become."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Literal

import typer

from triwire.v1 import article_pb2, article_service_pb2
from triwire_client.content import CleaningName, PriorityName
from triwire_client.glossaries import glossary_name
from triwire_client.inputs import FormatName

RegisterName = Literal["news", "polite"]


class KindName(str, Enum):
    """Kinds of blocks that can be chosen for translation; the parser takes no list of `Literal`."""

    HEADLINE = "headline"
    STANDFIRST = "standfirst"
    PARAGRAPH = "paragraph"
    SUBHEADING = "subheading"
    QUOTE = "quote"
    LIST_ITEM = "list_item"
    CAPTION = "caption"
    BYLINE = "byline"
    SECTION = "section"
    RELATED_LINK = "related_link"
    BOILERPLATE = "boilerplate"


Input = Annotated[str, typer.Argument(metavar="FILE", help="Input file, or - for standard input.", show_default=False)]
Format = Annotated[FormatName, typer.Option("--format", help="How the input is read; auto goes by the file's name.")]
Language = Annotated[str, typer.Option(help="Language of the input; detected if not given.")]
Cleaning = Annotated[
    CleaningName | None,
    typer.Option(help="page looks for boilerplate; none takes everything. Translate and detect: none; others: page."),
]
ModelName = Annotated[str, typer.Option(help="name or name@version, see `triwire models`.")]
SummaryModel = Annotated[str, typer.Option(help="Model of the summaries, see `triwire models`.")]
Register = Annotated[RegisterName | None, typer.Option(help="Sentence endings in Korean and Japanese.")]
Glossaries = Annotated[
    list[str] | None, typer.Option("--glossary", help="Id of a stored glossary to keep to. May be repeated.")
]
Priority = Annotated[PriorityName, typer.Option(help="Place in the server's queue.")]
Kinds = Annotated[
    list[KindName] | None, typer.Option("--kind", help="Translate blocks of this kind alone. May be repeated.")
]
Sentences = Annotated[bool, typer.Option("--sentences", help="With --json: which sentence became which.")]
Bullets = Annotated[int, typer.Option(min=0, help="How many bullets; 0: 3.")]
MaxCharacters = Annotated[int, typer.Option(min=0, help="Longest summary; 0: by style.")]


def summary_options(
    summary: article_service_pb2.SummaryOptions, bullets: int, max_characters: int, model: str
) -> article_service_pb2.SummaryOptions:
    """A style and language, together with what else is wanted of the summary."""
    is_bullets = summary.style == article_service_pb2.SUMMARY_STYLE_BULLETS
    return article_service_pb2.SummaryOptions(
        style=summary.style,
        target_language=summary.target_language,
        max_characters=max_characters,
        bullet_count=bullets if is_bullets else 0,
        model=model,
    )


def translation_options(
    kinds: Sequence[KindName] | None, sentences: bool, model: str
) -> article_service_pb2.TranslationOptions:
    """How translations are made."""
    return article_service_pb2.TranslationOptions(
        block_kinds=[article_pb2.BlockKind.Value(f"BLOCK_KIND_{kind.upper()}") for kind in kinds or ()],
        include_sentences=sentences,
        model=model,
    )


def house_style(
    register: RegisterName | None, glossaries: Sequence[str] | None
) -> article_service_pb2.HouseStyle | None:
    """How the newsroom writes; None: as the server does by default."""
    if register is None and not glossaries:
        return None
    style = article_service_pb2.HouseStyle(glossaries=[glossary_name(glossary) for glossary in glossaries or ()])
    if register is not None:
        style.register = article_service_pb2.Register.Value(f"REGISTER_{register.upper()}")
    return style
