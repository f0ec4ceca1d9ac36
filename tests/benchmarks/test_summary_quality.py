"""The figures of summaries, on articles whose figures are plain to see."""

import pytest

from triwire.v1.article_pb2 import Article, Block, BlockKind
from triwire.v1.article_service_pb2 import Finding
from ways.summary_quality import (
    NewsTokenizer,
    Summarized,
    content_units,
    coverage,
    judge_summaries,
    lead_of,
    limit_of,
    longest_copied_share,
    novel_share,
    rouge,
)


def article(language: str, *paragraphs: str) -> Article:
    return Article(
        language=language,
        blocks=[
            Block(block_id=f"b{number}", kind=BlockKind.BLOCK_KIND_PARAGRAPH, text=text)
            for number, text in enumerate(paragraphs)
        ],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The ferry's 1,200 seats", ["the", "ferry", "s", "1", "200", "seats"]),
        ("한국 KBS가 3일", ["한", "국", "kbs", "가", "3", "일"]),  # Korea's KBS on the 3rd
        ("東京の５０人とＮＨＫ", ["東", "京", "の", "50", "人", "と", "nhk"]),  # 50 people of Tokyo, and NHK
        ("", []),
    ],
)
def test_tokens_are_words_in_latin_letters_and_single_letters_else(text: str, expected: list[str]) -> None:
    assert NewsTokenizer().tokenize(text) == expected


@pytest.mark.parametrize("text", ["The ferry runs again.", "여객선이 다시 운항한다.", "フェリーが再び運航する。"])
def test_rouge_of_the_same_text_is_one_in_every_language(text: str) -> None:
    assert rouge(text, text) == {"rouge1": 1.0, "rouge2": 1.0, "rougeL": 1.0, "rouge1_recall": 1.0}


def test_rouge_recall_is_of_the_reference() -> None:
    made = rouge("한국 경제", "한국")  # the economy of Korea; Korea

    assert made["rouge1_recall"] == 0.5
    assert made["rouge1"] == pytest.approx(2 / 3)


def test_the_lead_is_the_first_two_sentences_of_the_paragraphs() -> None:
    given = article("en", "The ferry runs again. It was stopped in 2021.", "A bakery waited.")
    given.blocks.insert(0, Block(block_id="h", kind=BlockKind.BLOCK_KIND_HEADLINE, text="Ferry returns"))

    assert lead_of(given) == "The ferry runs again.\nIt was stopped in 2021."
    assert lead_of(article("ja", "船が出る。", "港が開いた。橋も。")) == "船が出る。\n港が開いた。"
    assert lead_of(article("en")) == ""


def test_content_leaves_out_what_every_sentence_has() -> None:
    assert content_units("The ferry was in the harbour") == {"ferry", "harbour"}
    assert content_units("港について") == {"港に"}  # about the harbour: what is left of the grammar hangs on the noun


def test_coverage_is_the_share_of_the_leads_content() -> None:
    assert coverage("The ferry to Saltmarsh runs", "Saltmarsh has a ferry") == pytest.approx(2 / 3)
    assert coverage("", "Saltmarsh has a ferry") == 0.0


def test_the_longest_copied_run_is_counted_in_tokens_of_the_summary() -> None:
    text = "the northern pier was closed by the council"

    assert longest_copied_share(text, "the northern pier reopened today by the council") == 3 / 8
    assert longest_copied_share(text, text) == 1.0
    assert longest_copied_share(text, "") == 0.0
    assert longest_copied_share("다리가 열렸다", "열렸던 다리가") == 3 / 6  # the bridge opened; the bridge that opened


def test_novel_runs_are_those_that_the_article_lacks() -> None:
    assert novel_share("a b c", "a b d", "en") == 0.5
    assert novel_share("港が開いた", "港が開いて", "ja") == 0.5
    assert novel_share("港が開いた", "港", "ja") == 0.0


def test_limits_are_half_in_korean_and_japanese() -> None:
    assert [limit_of("headline", language) for language in ("en", "ko", "ja")] == [80, 40, 40]
    assert limit_of("paragraph", "ko") == 300


def test_figures_of_summaries_are_means_and_findings_a_hundred_statements() -> None:
    given = article("en", "The ferry to Saltmarsh runs again.", "It was stopped in 2021.", "A bakery waited.")
    number = Finding(kind=Finding.KIND_NUMBER_MISMATCH, severity=Finding.SEVERITY_CRITICAL)
    near = Finding(kind=Finding.KIND_REPETITION, severity=Finding.SEVERITY_WARNING)
    too_long = Finding(kind=Finding.KIND_LENGTH_EXCEEDED, severity=Finding.SEVERITY_WARNING)
    good = Summarized(given, "bullets", ["The ferry to Saltmarsh runs again.", "Stopped in 2021"], [[], []], [], 100)
    poor = Summarized(
        given, "bullets", ["Nine men", "Ten men"], [[number], [near]], [too_long], 10, ["Nine men"], "Ferry"
    )

    made = judge_summaries([good, poor])

    assert (made["summaries"], made["statements"]) == (2, 4)
    assert made["lead_coverage"] == 0.5
    assert (made["novel"]["all"], made["novel"]["critical"]) == (25.0, 25.0)
    assert (made["findings"]["all"], made["whole_findings"]["all"]) == (50.0, 50.0)
    assert made["over_limit"] == 0.5
    assert made["rouge"]["reference"] == {
        "rouge1": 0.667,
        "rouge2": 0.5,
        "rougeL": 0.667,
        "rouge1_recall": 1.0,
        "references": 1,
    }
    assert made["rouge"]["headline"]["references"] == 1
