"""What does an article cost, by its length and its language?

    python benchmarks/article_length.py --json docs/figures/article-length.json
    python benchmarks/article_length.py --profile demo --words 100 300 1000 --rounds 1

The same made article in English, Korean and Japanese, cut to so many English words, is extracted, summarized and
translated by a real server process over gRPC, alone: one call at a time, the cache of results off. Every sentence is
another one, so that nothing is computed once for two of them. Seconds are those of a client that is connected already;
CPU seconds are the server's; tokens are those that the models read and wrote, as the answer tells them. The pieces of
work take turns, every other round in the other order; medians over the rounds. The last line is one JSON object.

Without --profile the models are the small ones of the tests, with random weights: how the cost grows is then the
service's, and how much it is nobody's. Untrained, they write what the checks find broken, and most segments are decoded
twice.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triwire_client.sync import SyncClient
from triwire_server.profiles.profile import load_profile
from triwire_server.segment import Task
from ways.measure import finish, median_and_range
from ways.service import Service, make_tiny_profile

WORDS = (100, 300, 1_000, 3_000, 10_000)
CALL_SECONDS = 6 * 3600.0
PARAGRAPH_SENTENCES = 3

PLACES = (
    {"en": "Varrow", "ko": "바로", "ja": "ヴァロー"},
    {"en": "Eastmere", "ko": "이스트미어", "ja": "イーストミア"},
    {"en": "Calder", "ko": "칼더", "ja": "カルダー"},
    {"en": "Saltmarsh", "ko": "솔트마시", "ja": "ソルトマーシュ"},
    {"en": "Northholm", "ko": "노스홀름", "ja": "ノースホルム"},
)
"""One name a line, as the three languages write it."""

SENTENCES = (
    {
        "en": "The council of {place} reopened pier {number} on Tuesday after a winter of repairs.",
        "ko": "{place} 시의회는 겨우내 보수한 {number}번 부두를 화요일에 다시 열었다.",
        "ja": "{place}市議会は、冬の間修理していた第{number}桟橋を火曜日に再開した。",
    },
    {
        "en": "Engineers had found {number} cracks in its concrete, which salt and storms had weakened over the years.",
        "ko": "기술자들은 소금과 폭풍으로 약해진 콘크리트에서 균열 {number}개를 발견했었다.",
        "ja": "技術者らは、塩と嵐で長年弱っていたコンクリートに{number}か所のひびを見つけていた。",
    },
    {
        "en": "About {number} people in {place} signed a letter that asked for the ferry to return.",
        "ko": "{place} 주민 약 {number}명이 여객선 운항 재개를 요청하는 서한에 서명했다.",
        "ja": "{place}の住民約{number}人が、フェリーの再開を求める手紙に署名した。",
    },
    {
        "en": "Prices at the fish market rose by {number} won a box, the harbour master of {place} said.",
        "ko": "{place} 항만장은 수산시장 가격이 한 상자에 {number}원 올랐다고 말했다.",
        "ja": "{place}の港長は、魚市場の値段が一箱{number}ウォン上がったと述べた。",
    },
    {
        "en": "Volunteers planted {number} trees along the river, and pupils of the school watered them.",
        "ko": "자원봉사자들은 강변에 나무 {number}그루를 심었고 학생들이 물을 주었다.",
        "ja": "ボランティアは川沿いに{number}本の木を植え、学校の生徒たちが水をやった。",
    },
    {
        "en": "The library of {place} lent {number} books in a week, more than in any other this year.",
        "ko": "{place} 도서관은 한 주에 책 {number}권을 빌려주어 올해 가장 많은 기록을 세웠다.",
        "ja": "{place}の図書館は一週間に{number}冊の本を貸し出し、今年最多となった。",
    },
)
"""One sentence an entry, in the three languages."""

HEADLINES = {
    "en": "Harbour towns reopen after a long winter",
    "ko": "긴 겨울 끝에 다시 문을 연 항구 도시들",
    "ja": "長い冬を終え、港町が再開",
}  # the same headline three times


@dataclass(frozen=True)
class Article:
    """A made article in one language."""

    text: str
    sentences: int

    @property
    def characters(self) -> int:
        """Code points of it."""
        return len(self.text)


@dataclass(frozen=True)
class Measured:
    """What a call took."""

    seconds: float
    cpu_seconds: float
    """Of the server."""

    tokens: int


Work = Callable[[SyncClient, str, str], Any]
"""Makes the call for the text of an article and its language; gives the answer."""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", help="name of a shipped profile, or a TOML file; default: the models of the tests")
    parser.add_argument("--words", type=int, nargs="+", default=WORDS, help="lengths, in English words")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="that models compute with; 0: as the server chooses")
    parser.add_argument("--quick", action="store_true", help="one round, up to 1,000 words")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.words = 1, [words for words in arguments.words if words <= 1_000]
    with tempfile.TemporaryDirectory() as folder:
        profile = arguments.profile or make_tiny_profile(Path(folder))
        works = works_of(profile)
        with Service(profile, cache_bytes=0, torch_threads=arguments.threads, log_level="warning") as service:
            runs = measure(service, works, arguments.words, arguments.rounds)
    articles = {language: {words: make_article(words, language) for words in arguments.words} for language in HEADLINES}
    result = {
        "benchmark": "article-length",
        "shape": Path(profile).stem,
        "repetitions": arguments.rounds,
        "articles": {
            language: {
                str(words): {"characters": article.characters, "sentences": article.sentences}
                for words, article in by_words.items()
            }
            for language, by_words in articles.items()
        },
        "work": summarize(runs, articles),
    }
    show(result["work"])
    finish(result, arguments.json)


def make_article(words: int, language: str) -> Article:
    """An article whose English version has so many words, or up to a sentence more. All its sentences differ.

    Args:
        words: of the English version, headline included.
        language: "en", "ko" or "ja": the same sentences in each.
    """
    numbered = sentences()
    counted = len(HEADLINES["en"].split())
    taken: list[str] = []
    while counted < words:
        sentence = next(numbered)
        counted += len(sentence["en"].split())
        taken.append(sentence[language])
    between = "" if language == "ja" else " "
    starts = range(0, len(taken), PARAGRAPH_SENTENCES)
    paragraphs = [between.join(taken[start : start + PARAGRAPH_SENTENCES]) for start in starts]
    return Article("\n\n".join([HEADLINES[language], *paragraphs]), len(taken))


def sentences() -> Iterator[dict[str, str]]:
    """Sentences in three languages, no two of them alike."""
    for number in itertools.count():
        place = PLACES[number % len(PLACES)]
        template = SENTENCES[number % len(SENTENCES)]
        yield {language: template[language].format(place=place[language], number=number + 12) for language in template}


def works_of(profile: str) -> dict[tuple[str, str], Work]:
    """What a profile can do with an article of each language, by name and language."""
    cards = load_profile(profile).cards
    works: dict[tuple[str, str], Work] = {}
    for language in HEADLINES:
        works["extract", language] = lambda client, text, source: client.extract_article(
            text, source_language=source, timeout=CALL_SECONDS
        )
        if any((language, language) in card.pairs(Task.SUMMARIZATION) for card in cards):
            works["summarize", language] = lambda client, text, source: client.summarize(
                text, source_language=source, timeout=CALL_SECONDS
            )
        target = "ko" if language == "en" else "en"
        if any((language, target) in card.pairs(Task.TRANSLATION) for card in cards):
            works["translate", language] = lambda client, text, source: client.translate(
                text, "ko" if source == "en" else "en", source_language=source, timeout=CALL_SECONDS
            )
    return works


Runs = dict[tuple[str, str], dict[int, list[Measured]]]
"""By work, language and words."""


def measure(service: Service, works: dict[tuple[str, str], Work], lengths: Sequence[int], rounds: int) -> Runs:
    """All works of all lengths in turns."""
    runs: Runs = {key: {words: [] for words in lengths} for key in works}
    turns = [(key, words) for words in lengths for key in works]
    with SyncClient(service.target) as client:
        client.list_models()  # connected
        for key, work in works.items():
            call(service, client, work, make_article(min(lengths), key[1]).text, key[1])  # what only a first one pays
        for round_ in range(rounds):
            for key, words in turns[:: -1 if round_ % 2 else 1]:
                found = call(service, client, works[key], make_article(words, key[1]).text, key[1])
                runs[key][words].append(found)
                print(
                    f"{key[0]} {key[1]} {words} words: {found.seconds:.2f} s, {found.cpu_seconds:.2f} s of CPU,"
                    f" {found.tokens} tokens",
                    flush=True,
                )
    return runs


def call(service: Service, client: SyncClient, work: Work, text: str, language: str) -> Measured:
    """One call."""
    cpu = service.process.cpu_seconds()
    began = time.perf_counter()
    answer = work(client, text, language)
    seconds = time.perf_counter() - began
    usage = getattr(answer, "usage", None)
    tokens = usage.input_tokens + usage.output_tokens if usage is not None else 0
    return Measured(seconds, service.process.cpu_seconds() - cpu, tokens)


def summarize(runs: Runs, articles: dict[str, dict[int, Article]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Medians and ranges by work, language and words; also for 1,000 characters of the article."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for (name, language), by_words in runs.items():
        of_language = made.setdefault(name, {}).setdefault(language, {})
        for words, found in by_words.items():
            thousands = articles[language][words].characters / 1_000
            of_language[str(words)] = {
                "seconds": median_and_range((one.seconds for one in found), 4),
                "cpu_seconds": median_and_range((one.cpu_seconds for one in found), 4),
                "tokens": median_and_range((one.tokens for one in found), 1),
                "seconds_per_1000_characters": median_and_range((one.seconds / thousands for one in found), 4),
                "cpu_seconds_per_1000_characters": median_and_range((one.cpu_seconds / thousands for one in found), 4),
                "tokens_per_1000_characters": median_and_range((one.tokens / thousands for one in found), 1),
            }
    return made


def show(work: dict[str, dict[str, dict[str, Any]]]) -> None:
    """A line for each piece of work."""
    print(f"\n{'':12} {'words':>6} {'s':>9} {'CPU s':>9} {'tokens':>8}   s, CPU s, tokens of 1,000 characters")
    for name, by_language in work.items():
        for language, by_words in by_language.items():
            for words, row in by_words.items():
                of_all = [row[key]["median"] for key in ("seconds", "cpu_seconds", "tokens")]
                of_each = [row[f"{key}_per_1000_characters"]["median"] for key in ("seconds", "cpu_seconds", "tokens")]
                print(
                    f"{name:9} {language} {words:>6} {of_all[0]:9.3f} {of_all[1]:9.3f} {of_all[2]:8.0f}"
                    f"   {of_each[0]:.3f}, {of_each[1]:.3f}, {of_each[2]:.0f}"
                )


if __name__ == "__main__":
    main()
