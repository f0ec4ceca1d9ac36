"""Does every glossary term reach the output, or is its loss reported?

Makes news sentences with invented names in six directions, and for each what a model may have written: the name right,
as the source had it, spelled in another way, with the wrong particle, twice, not at all; or, for a model that reads
numbers in place of the names, the number right, lost, moved, swapped with another, twice. Then the terms are applied as
the service does it. Prints for each direction and kind the share of terms that are in the output, that are reported
missing, that are wrong without a word (must be 0) and, in Korean, whose particle is right; last a line of JSON.

    python benchmarks/terms.py [--sentences N] [--speed]
"""

import argparse
import itertools
import json
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from triwire.v1.article_service_pb2 import Finding
from triwire.v1.glossary_service_pb2 import GlossaryTerm
from triwire_server.text.glossary import TermHit, TermIndex, apply_terms, protect_terms
from triwire_server.text.terms.particles import agree

DIRECTIONS = [(source, target) for source in ("en", "ko", "ja") for target in ("en", "ko", "ja") if source != target]

# Right in English, Korean, Japanese; then as a model may spell it in each. All invented.
NAMES = [
    (
        "Marek Tolvanen",
        "마레크 톨바넨",
        "マレク・トルバネン",
        "Marek Tolvannen",
        "마렉 톨바넨",
        "マーレク・トルヴァネン",
    ),
    (
        "Ilse Brandvik",
        "일세 브란드비크",
        "イルセ・ブランドビク",
        "Ilse Brandwick",
        "일제 브란트빅",
        "イルゼ・ブラントビク",
    ),
    ("Han Do-gyeom", "한도겸", "ハン・ドギョム", "Han Do-kyum", "한도경", "ハン・ドキョム"),
    ("Seo Yu-rin", "서유린", "ソ・ユリン", "Suh Yoo-rin", "서유림", "ソー・ユリン"),
    ("Tetsuo Amagiri", "아마기리 데쓰오", "天霧哲夫", "Tetsuo Amakiri", "아마기리 테츠오", "天切鉄雄"),
    ("Mio Hanazuka", "하나즈카 미오", "花塚美緒", "Mio Hanatsuka", "하나츠카 미오", "花束美央"),
    ("Pella Orrin", "펠라 오린", "ペラ・オリン", "Pela Orin", "페라 오린", "ペッラ・オーリン"),
    ("Vestmark", "베스트마르크", "ベストマルク", "Westmark", "베스트마크", "ヴェストマーク"),
    ("Kaldera Bank", "칼데라은행", "カルデラ銀行", "Caldera Bank", "칼데라 뱅크", "カルデラバンク"),
    ("Orsund Strait", "오르순드 해협", "オルスン海峡", "Oresund Straits", "외르순드 해협", "エーレスン海峡"),
    ("Haneul Motors", "하늘모터스", "ハヌルモーターズ", "Sky Motors", "하눌 모터스", "ハヌル・モータース"),
    ("Ministry of Tides", "조수부", "潮汐省", "Tide Ministry", "조류부", "潮流省"),
    (
        "Brightwater Accord",
        "브라이트워터 협정",
        "ブライトウォーター協定",
        "Bright Water Agreement",
        "밝은 물 협정",
        "明水合意",
    ),
    ("Fennick Group", "페닉그룹", "フェニック・グループ", "Phoenix Group", "피닉스 그룹", "フェニックスグループ"),
    ("Tarsel", "타르셀", "タルセル", "Tarcel", "타셀", "ターセル"),
    ("Dunmore Point", "던모어포인트", "ダンモア岬", "Donmore Point", "둔모르 포인트", "ドンモア・ポイント"),
    ("NRC", "국가강우위원회", "国家降雨委員会", "National Rain Committee", "국립비위원회", "国立雨委員会"),
    ("Gildan Lee", "이길단", "イ・ギルダン", "Kildan Lee", "이길담", "イ・キルダン"),
    ("Rovelle", "로벨", "ロベール", "Rovel", "로벨르", "ロヴェル"),
    ("Port Aurel", "포르오렐", "ポールオレル", "Port Orel", "포트 아우렐", "ポート・アウレル"),
]
VERBATIM = [
    ("Nordvale", "Nordvail", "노르드베일", "ノルドベール"),
    ("QuillOS", "Quill OS", "퀼오에스", "クイルOS"),
    ("Zephra X2", "Zefra X2", "제프라 X2", "ゼフラX2"),
    ("Lumetra", "Lumitra", "루메트라", "ルメトラ"),
]
TEMPLATES = [
    (
        "{a} met {b} in the capital on Monday.",
        "{a:은} 월요일 수도에서 {b:을} 만났다.",
        "{a}は月曜日に首都で{b}と会った。",
    ),
    (
        "Shares of {a} fell 3% after {b} said no.",
        "{b:이} 거부하자 {a:의} 주가는 3% 떨어졌다.",
        "{b}が拒否すると、{a}の株価は3%下落した。",
    ),
    (
        "{a}'s plan surprised {b}, officials said.",
        "{a:의} 계획은 {b:을} 놀라게 했다고 관계자는 말했다.",
        "{a}の計画は{b}を驚かせたと当局者は述べた。",
    ),
    (
        "“We trust {a},” {b} told reporters.",
        "“우리는 {a:을} 믿는다”고 {b:은} 기자들에게 말했다.",
        "「我々は{a}を信じる」と{b}は記者団に語った。",
    ),
    ("The deal between {a} and {b} is off.", "{a:과} {b:의} 거래는 무산됐다.", "{a}と{b}の取引は白紙になった。"),
    (
        "Critics of {a} turned to {b} for help.",
        "{a:을} 비판하는 이들은 {b:으로} 눈을 돌렸다.",
        "{a}を批判する人々は{b}に助けを求めた。",
    ),
    (
        "Nobody expected {a} to beat {b}.",
        "{a:이} {b:을} 이길 것으로는 아무도 예상하지 못했다.",
        "{a}が{b}に勝つとは誰も予想しなかった。",
    ),
    (
        "In a statement, {a} denied paying {b}.",
        "{a:은} 성명에서 {b:에게} 돈을 준 적이 없다고 밝혔다.",
        "{a}は声明で、{b}への支払いを否定した。",
    ),
    (
        "It was {a} that first named {b} in May.",
        "5월에 {b:을} 처음 거론한 것은 {a:이었다}.",
        "5月に{b}の名を最初に挙げたのは{a}だった。",
    ),
    ("Unlike {a}, {b} has kept its promise.", "{a:과} 달리 {b:은} 약속을 지켰다.", "{a}とは違い、{b}は約束を守った。"),
    (
        "What is called {a} began as {b}.",
        "{a:이라고} 불리는 것은 {b:으로} 시작했다.",
        "{a}と呼ばれるものは{b}として始まった。",
    ),
    (
        "{a} (pictured) will replace {b} in June.",
        "6월에 {a:이}(사진) {b:을} 대신한다.",
        "6月に{a}（写真）が{b}に代わる。",
    ),
    (
        "Neither {a} nor {b} commented on the leak.",
        "{a:도} {b:도} 유출에 대해 논평하지 않았다.",
        "{a}も{b}も流出についてコメントしなかった。",
    ),
    (
        "Residents blamed {a}; the court blamed {b}.",
        "주민들은 {a:을}, 법원은 {b:을} 탓했다.",
        "住民は{a}を、裁判所は{b}を責めた。",
    ),
    (
        "The report on {a}, a rival of {b}, is out.",
        "{b:의} 경쟁자인 {a:에} 관한 보고서가 나왔다.",
        "{b}のライバル、{a}に関する報告書が出た。",
    ),
    ("From {a} to {b}, everyone signed it.", "{a:에서} {b:까지} 모두 서명했다.", "{a}から{b}まで、全員が署名した。"),
]
LANGUAGES = ("en", "ko", "ja")


class Slot:
    """A form in a template; `{a:은}` writes it with the Korean particle that agrees with it, or with the wrong one."""

    def __init__(self, form: str, *, is_wrong_particle: bool = False) -> None:
        self.form = form
        self.is_wrong_particle = is_wrong_particle

    def __format__(self, particle: str) -> str:
        right = agree(self.form, particle)
        if self.is_wrong_particle:
            right = next((other for other in (agree("가", particle), agree("각", particle)) if other != right), right)
        return self.form + right


@dataclass(frozen=True)
class Name:
    """A term of the made set: its forms, and how a model may spell it, by language."""

    forms: dict[str, str]
    spelled: dict[str, str]
    is_verbatim: bool

    def term(self, source: str) -> GlossaryTerm:
        """The glossary's entry; a verbatim one has a form in the source language alone."""
        forms = {source: self.forms[source]} if self.is_verbatim else self.forms
        return GlossaryTerm(forms=forms, verbatim=self.is_verbatim)


@dataclass(frozen=True)
class Case:
    """A source sentence with two names and its right translation as a template."""

    source: str
    right: str
    names: tuple[Name, Name]


def names() -> list[Name]:
    """Every name of the set."""
    named = [
        Name(dict(zip(LANGUAGES, row[:3], strict=True)), dict(zip(LANGUAGES, row[3:], strict=True)), False)
        for row in NAMES
    ]
    return named + [
        Name(dict.fromkeys(LANGUAGES, row[0]), dict(zip(LANGUAGES, row[1:], strict=True)), True) for row in VERBATIM
    ]


def cases(source: str, target: str, count: int) -> Iterator[Case]:
    """Sentences of a direction: templates in turn, names in pairs that change with every round."""
    pool = names()
    for index in range(count):
        template = TEMPLATES[index % len(TEMPLATES)]
        first = pool[index % len(pool)]
        second = pool[(index * 5 + index // len(pool) + 7) % len(pool)]
        if second is first:
            second = pool[(index + 1) % len(pool)]
        text = template[LANGUAGES.index(source)].format(a=Slot(first.forms[source]), b=Slot(second.forms[source]))
        yield Case(text, template[LANGUAGES.index(target)], (first, second))


Written = Callable[[Case, str, str], str]


def _fill(case: Case, target: str, a: str, *, is_wrong_particle: bool = False) -> str:
    b = case.names[1].forms[target]
    return case.right.format(a=Slot(a, is_wrong_particle=is_wrong_particle), b=Slot(b))


def _dropped(case: Case, target: str) -> str:
    pronoun = {"en": "it", "ko": "그곳", "ja": "そこ"}[target]
    return _fill(case, target, pronoun)


WORDS: dict[str, Written] = {
    "right": lambda case, source, target: _fill(case, target, case.names[0].forms[target]),
    "source left": lambda case, source, target: _fill(case, target, case.names[0].forms[source]),
    "other spelling": lambda case, source, target: _fill(case, target, case.names[0].spelled[target]),
    "wrong particle": lambda case, source, target: _fill(
        case, target, case.names[0].forms[target], is_wrong_particle=True
    ),
    "dropped": lambda case, source, target: _dropped(case, target),
    "twice": lambda case, source, target: (
        _fill(case, target, case.names[0].forms[target])
        + {"en": " It was {a}.", "ko": " 그것은 {a:이었다}.", "ja": "それは{a}だった。"}[target].format(
            a=Slot(case.names[0].forms[target])
        )
    ),
}
"""What a model that reads the sentence itself may write, by what it does to the first name."""


# Kinds of marked outputs that say something else than the source, with the terms that are in the wrong place.
_MISPLACED = {"mark moved": 1, "marks swapped": 2}


def marked(case: Case, marks: dict[str, str], target: str) -> dict[str, str]:
    """What a model that reads numbers may write: Korean particles are a guess, for a number says nothing of them."""
    a, b = (marks[name.forms["source"]] for name in case.names)
    plain = {key: Slot(mark) for key, mark in (("a", a), ("b", b))}
    right = case.right.format(**plain)
    words = right.split(" ") if target != "ja" else re.split(r"(?<=[、がはを])", right)
    gap = "" if target == "ja" else " "
    moved = gap.join([*(word.replace(a, "") for word in words[:-1]), a, words[-1]])
    return {
        "marks right": right,
        "mark lost": right.replace(a, ""),
        "mark moved": moved,
        "marks swapped": case.right.format(a=Slot(b), b=Slot(a)),
        "mark twice": right + gap + a,
        "mark read as words": case.right.format(a=Slot(case.names[0].spelled[target]), b=Slot(b)),
    }


def measure(source: str, target: str, count: int) -> dict[str, Counter[str]]:
    """Counts by kind of output: terms, in the output, reported, silent, particles and right particles."""
    index = TermIndex([name.term(source) for name in names()], source, target)
    results: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases(source, target, count):
        hits = index.find_terms(case.source)
        found = [hit.source_form for hit in hits]
        results["found in source"].update(
            terms=2, hit=sum(name.forms[source] in found for name in case.names), extra=max(0, len(hits) - 2)
        )
        for kind, write in WORDS.items():
            text, findings = apply_terms(write(case, source, target), hits, target)
            _count(results[kind], text, findings, hits, case, target)
        protected = protect_terms(case.source, hits)
        marks = {hit.source_form: f"[{protected.first + place}]" for place, hit in enumerate(hits)}
        if any(name.forms[source] not in marks for name in case.names):
            continue
        keyed = tuple(
            Name({**name.forms, "source": name.forms[source]}, name.spelled, name.is_verbatim) for name in case.names
        )
        for kind, output in marked(Case(case.source, case.right, (keyed[0], keyed[1])), marks, target).items():
            text, _ = protected.restore(output, target)
            text, findings = apply_terms(text, hits, target)
            _count(results[kind], text, findings, hits, case, target, is_in_place=kind not in _MISPLACED)
            # Each name is where it was, and another one is in its place: no check can see that.
            results[kind]["misplaced"] += _MISPLACED.get(kind, 0)
    return results


def _count(
    counter: Counter[str],
    text: str,
    findings: list[Finding],
    hits: list[TermHit],
    case: Case,
    target: str,
    *,
    is_in_place: bool = True,
) -> None:
    reported = {finding.expected for finding in findings if not finding.actual}
    for hit in hits:
        is_in = hit.target_form in text
        counter.update(terms=1, hit=is_in, reported=hit.target_form in reported)
        counter["silent"] += not is_in and hit.target_form not in reported
    if target != "ko" or not is_in_place:
        return
    for key, name in zip("ab", case.names, strict=True):
        particle = re.search(rf"\{{{key}:([^}}]+)\}}", case.right)
        form = name.forms[target]
        if particle and form in text and form not in reported:
            right = form + agree(form, particle.group(1))
            counter.update(particles=1, particles_right=right in text)


def speed() -> dict[str, float]:
    """Milliseconds at the median: a paragraph of four sentences against 10,000 terms; a sentence's output mended."""
    syllables = ["ka", "lo", "mi", "ren", "sul", "tor", "va", "zen", "bri", "del"]
    made = ["".join(parts).capitalize() for parts in itertools.product(syllables, repeat=4)]
    terms = [GlossaryTerm(forms={"en": name, "ko": f"가나{number}"}) for number, name in enumerate(made)]
    terms = [name.term("en") for name in names()] + terms[: 10_000 - len(names())]
    started = time.perf_counter()
    index = TermIndex(terms, "en", "ko")
    built = time.perf_counter() - started
    made_cases = list(cases("en", "ko", 240))
    finds, applies = [], []
    for number in range(0, 236, 4):
        paragraph = " ".join(case.source for case in made_cases[number : number + 4])
        started = time.perf_counter()
        index.find_terms(paragraph)
        finds.append(time.perf_counter() - started)
        case = made_cases[number]
        hits, output = index.find_terms(case.source), WORDS["other spelling"](case, "en", "ko")
        started = time.perf_counter()
        apply_terms(output, hits, "ko")
        applies.append(time.perf_counter() - started)
    return {
        "build_10000_ms": round(built * 1000, 1),
        "find_ms": round(statistics.median(finds) * 1000, 3),
        "apply_ms": round(statistics.median(applies) * 1000, 3),
    }


def main() -> None:
    """Print the tables and the JSON line."""
    parser = argparse.ArgumentParser(description="Does every glossary term reach the output, or is it reported?")
    parser.add_argument("--sentences", type=int, default=240, help="sentences a direction (default: 240)")
    parser.add_argument("--speed", action="store_true", help="time the search of 10,000 terms as well")
    options = parser.parse_args()
    summary: dict[str, object] = {}
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    for source, target in DIRECTIONS:
        results = measure(source, target, options.sentences)
        print(f"{source} -> {target}: {options.sentences} sentences, terms by kind of output")
        for kind, counter in results.items():
            print("  " + _line(kind, counter))
        summary[f"{source}-{target}"] = {kind: dict(counter) for kind, counter in results.items()}
        for kind, counter in results.items():
            if kind != "found in source":
                totals["words" if kind in WORDS else "marks"].update(counter)
    print("All directions and kinds, by what the model reads")
    for way, counter in totals.items():
        print("  " + _line(way, counter))
        summary[way] = dict(counter)
    if options.speed:
        summary["speed"] = speed()
        print(summary["speed"])
    print(json.dumps(summary, ensure_ascii=False))


def _line(kind: str, counter: Counter[str]) -> str:
    share = counter["hit"] / max(1, counter["terms"])
    line = f"{kind:20} {counter['terms']:5} in output {share:7.1%}  reported {counter['reported']:4}"
    line += f"  silent {counter['silent']}"
    if counter["misplaced"]:
        line += f"  misplaced {counter['misplaced']}"
    if counter["particles"]:
        line += f"  particles right {counter['particles_right'] / counter['particles']:7.1%}"
    return line


if __name__ == "__main__":
    main()
