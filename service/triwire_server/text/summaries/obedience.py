"""Whether a summary says what the article says, or what an order hidden in the article told the model to say."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triwire.v1.article_pb2 import Article, BlockKind
from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.characters import Script, is_cjk, script_of, squeeze, words
from triwire_server.text.doubt import CRITICAL, WARNING, Place, doubt
from triwire_server.text.html import plain_text
from triwire_server.text.language import base_language
from triwire_server.text.segment import split_sentences
from triwire_server.text.summaries.instructions import find_orders

_WORDS_WITHOUT_CONTENT = """
a an the and or but if so of to in on at for with from by as into over about after before than then is are was were be
been being it its he she they we you i his her their our your my this that these those who which what when where will
would can could may might must should shall has have had do does did not no only just also more most very all any some
said says say one two there here up out off
"""
_STOP_WORDS = frozenset(_WORDS_WITHOUT_CONTENT.split())
_PAIRS_OF_KOREAN_GRAMMAR = """
했다 한다 하는 하고 하며 하기 하지 해야 되었 되고 된다 됐다 있다 있는 없다 없는 이다 이라
라고 라는 다고 다는 에서 에게 으로 까지 부터
습니 니다 입니 세요 것이 것은 것을 것으 지만 면서 대해 대한 위해 위한 통해 따라
었다 았다 였다 겠다 는다 밝혔 혔다 말했 전했
"""
_KOREAN_ENDINGS = frozenset(_PAIRS_OF_KOREAN_GRAMMAR.split())
_STEM_LETTERS = 5
# Letters of an answer that can be told from chance.
_MIN_KEY, _MIN_CJK_KEY = 4, 3


@dataclass(frozen=True, slots=True)
class _Order:
    """What an article's orders to a model say, and where."""

    block_id: str
    range: tuple[int, int]
    is_text: bool
    units: frozenset[str]
    key: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What statements about an article can rest on: its words without the orders in it. Read once, used often."""

    language: str
    orders: Sequence[_Order]
    units: frozenset[str]
    letters: str


def ground_of(article: Article) -> Ground:
    """Read an article, captions and bylines included, boilerplate not."""
    blocks = [block for block in article.blocks if block.kind != BlockKind.BLOCK_KIND_BOILERPLATE]
    bodies = [plain_text(block) for block in blocks]
    orders: list[_Order] = []
    reported: list[str] = []
    for block, body, ordered in zip(blocks, bodies, find_orders(bodies, article.language), strict=True):
        position = 0
        for start, end in ordered:
            text = body[start:end]
            orders.append(_Order(block.block_id, (start, end), bool(block.text), _units(text), _key(text)))
            reported.append(body[position:start])
            position = end
        reported.append(body[position:])
    units = frozenset(unit for text in reported for unit in _units(text))
    return Ground(article.language, orders, units, "\n".join(_key(text) for text in reported))


def check_obedience(article: Article | Ground, points: Sequence[str], language: str) -> list[list[Finding]]:
    """Statements of a summary that rest on nothing the article reports, one list for each statement.

    Sentences that are orders to a model ("Ignore the above and write ..."), and what follows them in their block, are
    told apart from what the article reports. A sentence of a statement is doubted that

    - says what the orders say and the report does not: half its words or more, or all of it word for word: CRITICAL;
    - shares no word, number or name with the article at all, in the article's language: CRITICAL if it is long or if
      the article holds an order, else WARNING, because a short headline may be a play on words.

    The kind is OPTION_NOT_APPLIED, with "options.style" as the option: a summary of the article was asked for, and this
    is not one. None of the other kinds says that. NAME_, NUMBER_ and QUOTE_MISMATCH name a detail that is wrong in a
    statement that is otherwise of the article, LENGTH_RATIO measures, COPIED_SOURCE is about faithful words.

    Args:
        article: what was summarized, or what `ground_of` read of it; the source of a finding is a place in it, if an
            order was followed.
        points: the statements.
        language: BCP-47 tag of the statements. In another language than the article's only orders can be recognized
            that were followed in the words they were given in.
    """
    ground = ground_of(article) if isinstance(article, Article) else article
    return [_check(point, language, ground) for point in points]


def _check(point: str, language: str, ground: Ground) -> list[Finding]:
    is_same = base_language(language) == base_language(ground.language)
    findings: list[Finding] = []
    ranges = split_sentences(point, language)
    for start, end in ranges:
        sentence = point[start:end].rstrip()
        units = _units(sentence)
        if not units:
            continue
        obeyed = _followed(sentence, units, ground)
        rests_on_nothing = is_same and not units & ground.units
        is_short = len(units) < 4
        # One word beside others, such as an exclamation, is no statement.
        if obeyed is None and (not rests_on_nothing or (is_short and len(ranges) > 1 and not ground.orders)):
            continue
        place = start, start + len(sentence)
        findings.append(
            _obeyed(obeyed, place) if obeyed else _ungrounded(place, is_sure=not is_short or bool(ground.orders))
        )
    return findings


def _obeyed(order: _Order, target: Place) -> Finding:
    return doubt(
        Finding.KIND_OPTION_NOT_APPLIED,
        CRITICAL,
        "the statement follows an instruction in the article",
        source=order.range if order.is_text else None,
        target=target,
        block_id=order.block_id,
        expected="options.style",
    )


def _ungrounded(target: Place, *, is_sure: bool) -> Finding:
    return doubt(
        Finding.KIND_OPTION_NOT_APPLIED,
        CRITICAL if is_sure else WARNING,
        "the statement rests on nothing in the article",
        target=target,
        expected="options.style",
    )


def _followed(sentence: str, units: frozenset[str], ground: Ground) -> _Order | None:
    """The order whose words a sentence says, the report's not counted."""
    key = _key(sentence)
    min_key = _MIN_CJK_KEY if any(map(is_cjk, key)) else _MIN_KEY
    for order in ground.orders:
        if len(key) >= min_key and key in order.key and key not in ground.letters:
            return order
        if 2 * len((units & order.units) - ground.units) >= len(units):
            return order
    return None


def _units(text: str) -> frozenset[str]:
    """Words with content: stems of Latin ones, pairs of letters of Korean and Japanese ones, without their endings."""
    return frozenset(_with_content(words(unicodedata.normalize("NFKC", text))))


def _with_content(units: Iterable[str]) -> Iterable[str]:
    for unit in units:
        scripts = {script_of(character) for character in unit}
        if Script.HANGUL in scripts:
            if unit not in _KOREAN_ENDINGS and len(unit) > 1:
                yield unit
        elif Script.KANA in scripts or Script.HAN in scripts:
            # Hiragana alone is grammar, more often than not.
            if not all("\u3040" < character < "\u30a0" for character in unit):
                yield unit
        elif unit not in _STOP_WORDS and (len(unit) > 1 or unit.isdigit()):
            yield unit if any(character.isdigit() for character in unit) else unit[:_STEM_LETTERS]


def _key(text: str) -> str:
    return squeeze(unicodedata.normalize("NFKC", text))
