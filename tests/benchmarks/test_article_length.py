"""How articles for the measurement are made and what is reckoned from what they cost."""

import re

import article_length
from article_length import HEADLINES, Article, Measured, make_article


def test_an_article_has_its_words_and_is_the_same_in_all_languages() -> None:
    for words in (100, 300, 1_000):
        english = make_article(words, "en")
        assert words <= len(english.text.split()) < words + 25
        counts = {make_article(words, language).sentences for language in HEADLINES}
        assert counts == {english.sentences}
    short, long = make_article(100, "ko").text, make_article(300, "ko").text
    first = short.split("\n\n")[:-1]
    assert long.split("\n\n")[: len(first)] == first  # the same text, cut


def test_no_sentence_occurs_twice() -> None:
    for language, end in (("en", r"(?<=\.) "), ("ko", r"(?<=\.) "), ("ja", "(?<=。)")):
        article = make_article(10_000, language)
        body = [line for line in article.text.split("\n\n")[1:] for line in re.split(end, line) if line]
        assert len(body) == article.sentences
        assert len(set(body)) == len(body)


def test_the_longest_article_is_within_the_limits_of_the_contract() -> None:
    assert all(make_article(10_000, language).characters < 100_000 for language in HEADLINES)


def test_costs_are_medians_also_for_a_thousand_characters() -> None:
    runs = {("translate", "ko"): {100: [Measured(2.0, 1.0, 500), Measured(9.0, 3.0, 500), Measured(4.0, 2.0, 500)]}}
    made = article_length.summarize(runs, {"ko": {100: Article("가" * 500, 10)}})
    assert made["translate"]["ko"]["100"] == {
        "seconds": {"median": 4.0, "range": [2.0, 9.0]},
        "cpu_seconds": {"median": 2.0, "range": [1.0, 3.0]},
        "tokens": {"median": 500, "range": [500, 500]},
        "seconds_per_1000_characters": {"median": 8.0, "range": [4.0, 18.0]},
        "cpu_seconds_per_1000_characters": {"median": 4.0, "range": [2.0, 6.0]},
        "tokens_per_1000_characters": {"median": 1000.0, "range": [1000.0, 1000.0]},
    }


def test_a_profile_is_measured_in_what_it_serves() -> None:
    assert list(article_length.works_of("extractive")) == [
        (name, language) for language in HEADLINES for name in ("extract", "summarize")
    ]
