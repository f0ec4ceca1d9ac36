"""Which planted errors do the checks of quantities find, and how often do they flag what human translators wrote?

    python benchmarks/findings.py DATA [--seed 5] [--rounds 3] [--json OUT.json]

DATA holds newstest2019-src.eng.txt, newstest2019-ref.kor.txt and newstest2019-ref.jpn.txt of NTREX-128 or files of that
form and name, line by line. For each direction: segments with digits on either side; how many of them are flagged as
they are ("flagged though right", true mistakes of the translators included); the share of errors found, by class, where
one error at a time is planted in the translation; precision of each severity; milliseconds a pair. Summaries: the
statement is the translation of one of the lines of an article of ten. The last line is one JSON object.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from triwire.v1.article_service_pb2 import Finding
from triwire_server.text.quantities.claims import check_statement, read_article
from triwire_server.text.quantities.comparison import check_quantities

FILES = {"en": "newstest2019-src.eng.txt", "ko": "newstest2019-ref.kor.txt", "ja": "newstest2019-ref.jpn.txt"}
DIRECTIONS = (("en", "ko"), ("ko", "en"), ("en", "ja"), ("ja", "en"), ("ko", "ja"), ("ja", "ko"))
ARTICLE_LINES = 10

_DIGIT = re.compile(r"[0-9０-９]")
_NUMBER = re.compile(r"(?<![0-9A-Za-z.,-])[0-9]+(?:[.,][0-9]+)*(?![0-9A-Za-z])")
_TOKEN = re.compile(
    r"[0-9]+(?:[.,][0-9]+)*月?|[A-Za-z]+|[월화수목금토일]요일|[月火水木金土日]曜|[0-9]+월|[가-힣]+|[ァ-ヶ一-龠円ー]+|[$€£¥]"
)
_WORDS = {
    "scale": {
        "en": [r"\b(?<=[0-9] )(thousand|million|billion|trillion)\b"],
        "ko": [r"(?<=[0-9천백십])\s?(만|억|조)(?!명령)"],
        "ja": [r"(?<=[0-9千百十])\s?(万|億|兆)"],
    },
    "weekday": {
        "en": [r"\b((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"],
        "ko": [r"([월화수목금토일]요일)"],
        "ja": [r"([月火水木金土日]曜日?)"],
    },
    "month": {
        "en": [
            r"\b(January|February|March(?= [0-9])|April|June|July|August|September|October|November|December)\b",
        ],
        "ko": [r"(?<![0-9])([0-9]{1,2}월)(?!드)"],
        "ja": [r"(?<![0-9])([0-9]{1,2}月)"],
    },
    "currency": {
        "en": [r"\b(dollars|euros|yen|pounds)\b", r"([$€£¥])(?=[0-9])"],
        "ko": [r"(?<=[0-9만억조천] )(달러|유로|엔|파운드|원)", r"(?<=[0-9만억조천])(달러|유로|엔|파운드|원)"],
        "ja": [r"(?<=[0-9万億兆千])(ドル|ユーロ|円|ポンド|ウォン)"],
    },
    "trend": {
        "en": [
            r"[0-9.]+(?:%| per ?cent)[^.]*\b(rose|fell|increased|decreased)\b",
            r"\b(rose|fell|increased|decreased)\b[^.]*%",
        ],
        "ko": [r"%[^.]{0,20}?(올랐|내렸|상승|하락|증가|감소)"],
        "ja": [r"%[^。]{0,20}?(上昇|下落|増加|減少)"],
    },
}
_CHOICES = {
    "scale": {"en": ["thousand", "million", "billion", "trillion"], "ko": ["만", "억", "조"], "ja": ["万", "億", "兆"]},
    "weekday": {
        "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        "ko": [f"{day}요일" for day in "월화수목금토일"],
        "ja": [f"{day}曜" for day in "月火水木金土日"],
    },
    "month": {
        "en": [
            "January",
            "February",
            "April",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        "ko": [f"{month}월" for month in range(1, 13)],
        "ja": [f"{month}月" for month in range(1, 13)],
    },
    "currency": {
        "en": ["dollars", "euros", "yen", "pounds"],
        "ko": ["달러", "유로", "엔", "파운드", "원"],
        "ja": ["ドル", "ユーロ", "円", "ポンド", "ウォン"],
    },
    "trend": {
        "en": ["rose", "fell", "increased", "decreased"],
        "ko": ["올랐", "내렸", "상승", "하락", "증가", "감소"],
        "ja": ["上昇", "下落", "増加", "減少"],
    },
}
# What says the other direction: a word stands for the next one of its pair.
_OPPOSITES = {
    first: second
    for pair in ("rose fell", "increased decreased", "올랐 내렸", "상승 하락", "증가 감소", "上昇 下落", "増加 減少")
    for first, second in (pair.split(), reversed(pair.split()))
}
CLASSES = ("digit", "dropped", *_WORDS)
Plant = Callable[[str, str, random.Random], str | None]


def change_digit(text: str, language: str, draw: random.Random) -> str | None:
    """The text with one digit changed; None if it has no number in digits."""
    places = [match.start() for number in _NUMBER.finditer(text) for match in _DIGIT.finditer(text, *number.span())]
    if not places:
        return None
    place = draw.choice(places)
    digit = draw.choice([digit for digit in "123456789" if digit != text[place]])
    return text[:place] + digit + text[place + 1 :]


def drop_number(text: str, language: str, draw: random.Random) -> str | None:
    """The text without one of its numbers."""
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return None
    number = draw.choice(numbers)
    return text[: number.start()] + text[number.end() :]


def swap_word(name: str) -> Plant:
    """A plant that puts another word of the class in the place of one."""

    def plant(text: str, language: str, draw: random.Random) -> str | None:
        found = [match for pattern in _WORDS[name][language] for match in re.finditer(pattern, text)]
        if not found:
            return None
        match = draw.choice(found)
        word = match.group(1)
        choices = list("$€£¥") if word in "$€£¥" else _CHOICES[name][language]
        if word in _OPPOSITES:
            choices = [_OPPOSITES[word]]
        others = [choice for choice in choices if choice != word and not word.startswith(choice)]
        return text[: match.start(1)] + draw.choice(others) + text[match.end(1) :]

    return plant


PLANTS: dict[str, Plant] = {
    "digit": change_digit,
    "dropped": drop_number,
    **{name: swap_word(name) for name in _WORDS},
}


def planted(
    pairs: list[tuple[str, str]], language: str, name: str, seed: int, rounds: int
) -> Iterator[tuple[str, str]]:
    """Pairs with one error each."""
    draw = random.Random(f"{seed} {language} {name}")
    for _ in range(rounds):
        for source, target in pairs:
            changed = PLANTS[name](target, language, draw)
            if changed is not None and changed != target:
                yield source, changed


def measure(pairs: list[tuple[str, str]], source: str, target: str, seed: int, rounds: int) -> dict[str, object]:
    """Figures of one direction."""
    milliseconds: list[float] = []
    right: list[list[Finding]] = []
    for text, translation in pairs:
        started = time.perf_counter()
        right.append(check_quantities(text, translation, source, target))
        milliseconds.append(1000 * (time.perf_counter() - started))
    wrong: Counter[int] = Counter(max((f.severity for f in findings), default=0) for findings in right)
    true: Counter[int] = Counter()
    caught: dict[str, dict[str, float]] = {}
    for name in CLASSES:
        found = [
            check_quantities(text, changed, source, target)
            for text, changed in planted(pairs, target, name, seed, rounds)
        ]
        true.update(max((f.severity for f in findings), default=0) for findings in found)
        if found:
            caught[name] = {"planted": len(found), "share": round(sum(map(bool, found)) / len(found), 3)}
    flagged = sum(map(bool, right))
    milliseconds.sort()
    return {
        "segments": len(pairs),
        "flagged": flagged,
        "flagged_share": round(flagged / len(pairs), 4),
        "by_severity": {
            Finding.Severity.Name(severity)[9:]: {"right": wrong[severity], "planted": true[severity]}
            for severity in (Finding.SEVERITY_CRITICAL, Finding.SEVERITY_WARNING, Finding.SEVERITY_INFO)
        },
        "caught": caught,
        "ms_median": round(statistics.median(milliseconds), 4),
        "ms_p95": round(milliseconds[int(len(milliseconds) * 0.95)], 4),
    }


def measure_statements(
    lines: list[tuple[str, str]], source: str, target: str, seed: int, rounds: int
) -> dict[str, object]:
    """Figures of summaries: statements that say what one line of an article says, as they are and with an error."""
    num_right = num_flagged = 0
    caught = {name: [0, 0] for name in CLASSES if name not in ("dropped", "trend")}
    for start in range(0, len(lines), ARTICLE_LINES):
        window = lines[start : start + ARTICLE_LINES]
        told = set(_TOKEN.findall("\n".join(body for pair in window for body in pair)))
        article = read_article([(str(index), text) for index, (text, _) in enumerate(window)], source)
        statements = [(text, statement) for text, statement in window if _DIGIT.search(statement)]
        num_right += len(statements)
        num_flagged += sum(bool(check_statement(article, statement, target)) for _, statement in statements)
        for name, counts in caught.items():
            for _, changed in planted(statements, target, name, seed + start, rounds):
                if told.issuperset(_TOKEN.findall(changed)):
                    continue  # the article has that too
                counts[0] += 1
                counts[1] += bool(check_statement(article, changed, target))
    return {
        "statements": num_right,
        "flagged": num_flagged,
        "caught": {
            name: {"planted": total, "share": round(found / total, 3)}
            for name, (total, found) in caught.items()
            if total
        },
    }


def read_data(directory: Path) -> dict[str, list[str]]:
    """Lines by language."""
    lines = {name: (directory / file).read_text(encoding="utf-8").splitlines() for name, file in FILES.items()}
    if len({len(texts) for texts in lines.values()}) != 1:
        raise SystemExit(f"{directory}: the files have different numbers of lines")
    return lines


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Which planted errors do the checks of quantities find?")
    parser.add_argument("data", type=Path, help="directory of the three files")
    parser.add_argument("--seed", type=int, default=5, help="of what is planted where")
    parser.add_argument("--rounds", type=int, default=3, help="errors of a class planted in each segment")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    lines = read_data(options.data)
    results: dict[str, object] = {}
    for source, target in DIRECTIONS:
        everything = list(zip(lines[source], lines[target], strict=True))
        pairs = [pair for pair in everything if _DIGIT.search(pair[0]) or _DIGIT.search(pair[1])]
        if not pairs:
            raise SystemExit(f"{options.data}: no line has digits")
        figures = measure(pairs, source, target, options.seed, options.rounds)
        figures["statements"] = measure_statements(everything, source, target, options.seed, options.rounds)
        results[f"{source}-{target}"] = figures
        print(f"{source}-{target}")
        for name, figure in figures.items():
            print(f"  {name}: {json.dumps(figure)}")
    document = json.dumps({"quantities": results})
    if options.json:
        options.json.write_text(document + "\n", encoding="utf-8")
    print(document)


if __name__ == "__main__":
    main()
