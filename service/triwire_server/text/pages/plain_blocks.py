"""Blocks of a text that is all article, where nothing is looked for but paragraphs, list items and a headline."""

from triwire.v1.article_pb2 import BlockKind
from triwire_server.text.characters import visible, width
from triwire_server.text.pages import lexicon
from triwire_server.text.pages.flat_lines import FlatBlock, chunks, line_ranges
from triwire_server.text.pages.line_ends import ends_sentence

_MAX_HEADLINE_COLUMNS = 160


def plain_blocks(text: str) -> list[FlatBlock]:
    """Blocks of a text that is all article: blank lines separate them, list items stand alone.

    The first block is the headline if it reads like one and at least two paragraphs follow.
    """
    blocks: list[FlatBlock] = []
    for start, end in chunks(text):
        lines = list(line_ranges(text, start, end))
        if any(lexicon.bullet_end(text[first:last]) for first, last in lines):
            for first, last in lines:
                mark = lexicon.bullet_end(text[first:last])
                kind = BlockKind.BLOCK_KIND_LIST_ITEM if mark else BlockKind.BLOCK_KIND_PARAGRAPH
                blocks.append(FlatBlock(first + mark, last, kind))
        else:
            blocks.append(FlatBlock(start, end, BlockKind.BLOCK_KIND_PARAGRAPH))
    if len(blocks) >= 3 and blocks[0].kind == BlockKind.BLOCK_KIND_PARAGRAPH:
        title = visible(text[blocks[0].start : blocks[0].end])
        followers = [visible(text[block.start : block.end]) for block in blocks[1:4]]
        if (
            "\n" not in text[blocks[0].start : blocks[0].end]
            and not ends_sentence(title)
            and width(title) < _MAX_HEADLINE_COLUMNS
            and sum(ends_sentence(line) for line in followers) >= 2
        ):
            blocks[0] = FlatBlock(blocks[0].start, blocks[0].end, BlockKind.BLOCK_KIND_HEADLINE)
    return blocks
