from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, CausalLMOutput

from tests.service.engine.models.reference import library_model, load, mixed_summaries, mixed_translations
from tests.tiny_models import save_bart, save_m2m100, save_marian, save_mbart, save_nllb, save_t5
from triwire_server.engine.models.base import Prompt
from triwire_server.engine.models.beam_search import BeamSearch, BeamStep, EarlyStopping, advance_all
from triwire_server.segment import Segment

END = 0


# The search itself, on scores made by hand.


def logits(*probabilities: dict[int, float], vocabulary: int = 8) -> torch.Tensor:
    """One row for each distribution; tokens that it does not name have next to no probability."""
    rows = [[probability.get(token, 1e-9) for token in range(vocabulary)] for probability in probabilities]
    return torch.tensor(rows).log()


def new_search(**options: Any) -> BeamSearch:
    return BeamSearch(**{"num_beams": 2, "max_new_tokens": 9, "end_ids": frozenset({END}), "start_ids": [7], **options})


def advance(search: BeamSearch, scores: torch.Tensor) -> BeamStep:
    """A step of one search, whose rows are all there are."""
    return advance_all([search], scores, [range(len(scores))])[0]


def test_one_row_goes_on_as_the_best_tokens() -> None:
    search = new_search()
    assert search.num_rows == 1
    step = advance(search, logits({3: 0.5, 5: 0.3, 4: 0.2}))
    assert (step.parents, step.tokens) == ([0, 0], [3, 5])
    assert step.sums == pytest.approx([-0.6931, -1.2040], abs=1e-3)
    assert search.num_rows == 2


def test_a_row_may_go_on_twice_and_another_not_at_all() -> None:
    search = new_search()
    advance(search, logits({3: 0.5, 5: 0.3, 4: 0.2}))
    step = advance(search, logits({1: 0.1, 2: 0.1, 4: 0.2, 6: 0.6}, {1: 0.9, 2: 0.1}))
    assert (step.parents, step.tokens) == ([0, 1], [6, 1])
    step = advance(search, logits({1: 0.5, 2: 0.5}, {3: 0.2, 4: 0.2, 5: 0.2, 6: 0.2, 2: 0.2}))
    assert (step.parents, sorted(step.tokens)) == ([0, 0], [1, 2])


def test_a_worse_start_wins_with_a_better_end() -> None:
    """What greedy search cannot find: 0.4 * 0.9 is more than 0.6 * 0.5."""
    search = new_search(max_new_tokens=2)
    advance(search, logits({3: 0.6, 5: 0.4}))
    assert advance(search, logits({1: 0.5, 2: 0.5}, {6: 0.9, 1: 0.1})) == BeamStep([], [], [])
    assert search.is_done
    assert search.num_rows == 0
    assert search.output() == [5, 6]


def test_an_end_token_among_the_best_leaves_the_rows_full() -> None:
    search = new_search()
    step = advance(search, logits({END: 0.5, 3: 0.3, 5: 0.2}))
    assert (step.parents, step.tokens) == ([0, 0], [3, 5])
    assert not search.is_done


def test_an_end_token_behind_the_best_is_passed_over() -> None:
    """With 2 beams the third best continuation may not end."""
    search = new_search(max_new_tokens=2)
    advance(search, logits({3: 0.4, 5: 0.35, END: 0.25}))
    advance(search, logits({1: 0.01, 2: 0.01}, {1: 0.01, 2: 0.01}))
    assert len(search.output()) == 2


def ended_twice(**options: Any) -> BeamSearch:
    """A search with two ended hypotheses, of probability 0.4 and 0.3; the best of its rows has 0.18."""
    search = new_search(**options)
    advance(search, logits({3: 0.6, 5: 0.4}))
    advance(search, logits({END: 0.5, 1: 0.3, 2: 0.2}, {END: 1.0}))
    return search


def test_early_stopping_ends_with_enough_hypotheses() -> None:
    search = ended_twice(early_stopping=True)
    assert search.is_done
    assert search.output() == [5, END]


def test_without_early_stopping_the_search_ends_when_no_row_would_be_better() -> None:
    """0.18 is less than both that have ended."""
    assert ended_twice(early_stopping=False).is_done


@pytest.mark.parametrize(("early_stopping", "num_rows"), [(True, 0), (False, 2), ("never", 2)])
def test_without_early_stopping_the_search_goes_on_while_a_row_would_be_better(
    early_stopping: EarlyStopping, num_rows: int
) -> None:
    """log(0.3) = -1.20 and log(0.245) / 2 = -0.70 have ended; the best row has log(0.28) / 2 = -0.64."""
    search = new_search(early_stopping=early_stopping)
    advance(search, logits({3: 0.7, END: 0.3}))
    advance(search, logits({1: 0.4, END: 0.35, 2: 0.25}, {4: 1.0}))
    assert search.num_rows == num_rows


def test_never_goes_on_while_a_longer_output_could_be_better() -> None:
    """Mean log-probabilities: log(0.4) / 2 = -0.46 of the best that has ended, log(0.18) / 9 = -0.19 at the limit."""
    search = ended_twice(early_stopping="never")
    for _ in range(6):
        assert search.num_rows == 2
        advance(search, logits({4: 1.0}, {6: 1.0}))
    advance(search, logits({END: 1.0}, {END: 1.0}))
    assert search.output() == [3, 1, 4, 4, 4, 4, 4, 4, END]


def short_or_long(**options: Any) -> list[int]:
    """The choice between one token of probability 0.5 (log -0.69) and three of 0.26 together (log -1.35)."""
    search = new_search(early_stopping=True, **options)
    advance(search, logits({END: 0.5, 3: 0.26, 5: 0.24}))
    advance(search, logits({4: 1.0}, {6: 1.0}))
    advance(search, logits({END: 1.0}, {6: 1.0}))
    return search.output()


@pytest.mark.parametrize(
    ("length_penalty", "expected"), [(0.0, [END]), (0.6, [END]), (1.0, [3, 4, END]), (2.0, [3, 4, END])]
)
def test_length_penalty_favours_long_outputs(length_penalty: float, expected: list[int]) -> None:
    assert short_or_long(length_penalty=length_penalty) == expected


def test_forced_tokens_count_into_the_length() -> None:
    """-0.69 / 1 is less than -1.35 / 3, with four more tokens -0.69 / 5 is more than -1.35 / 7."""
    assert [short_or_long(num_forced_tokens=number) for number in (0, 4)] == [[3, 4, END], [END]]


def test_the_limit_ends_every_row() -> None:
    search = new_search(max_new_tokens=1)
    assert advance(search, logits({3: 0.5, 5: 0.3, END: 0.2})) == BeamStep([], [], [])
    assert search.output() == [3]


def test_suppressed_tokens_leave_the_others_as_probable_as_they_were() -> None:
    step = advance(new_search(suppressed_ids=frozenset({3})), logits({3: 0.5, 5: 0.3, 4: 0.2}))
    assert step.tokens == [5, 4]
    assert step.sums == pytest.approx([-1.2040, -1.6094], abs=1e-3)


def test_no_ngram_occurs_twice_start_ids_included() -> None:
    search = new_search(start_ids=[7, 3], no_repeat_ngram_size=2)
    assert advance(search, logits({7: 0.6, 5: 0.4})).tokens == [7, 5]
    assert advance(search, logits({3: 0.7, 5: 0.3}, {3: 0.7, 5: 0.3})).tokens[:2] == [3, 5]


def test_when_no_token_is_left_the_output_stops_there() -> None:
    search = new_search(end_ids=frozenset(), start_ids=[2], no_repeat_ngram_size=1)
    assert advance(search, logits({0: 0.6, 1: 0.4}, vocabulary=3)).tokens == [0, 1]
    assert advance(search, logits({0: 0.5, 1: 0.5}, {0: 0.1, 1: 0.9}, vocabulary=3)).parents == [0, 1]
    advance(search, logits({0: 0.5, 1: 0.5}, {0: 0.5, 1: 0.5}, vocabulary=3))
    assert search.is_done
    assert search.output() in ([0, 1], [1, 0]), "as in the library, any of the rows"


def test_more_end_tokens_leave_the_rows_full() -> None:
    search = new_search(end_ids=frozenset({0, 1, 2}), early_stopping="never")
    step = advance(search, logits({0: 0.3, 1: 0.25, 2: 0.2, 3: 0.15, 4: 0.1}))
    assert step.tokens == [3, 4]


@pytest.mark.parametrize("options", [{"num_beams": 1}, {"max_new_tokens": 0}])
def test_too_few_beams_or_tokens_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"^num_beams must be at least 2 and is"):
        new_search(**options)


def test_scores_of_other_rows_are_refused() -> None:
    search = new_search()
    with pytest.raises(ValueError, match=r"^scores of 2 rows, the search has 1$"):
        advance(search, torch.zeros(2, 8))
    with pytest.raises(ValueError, match=r"^the search is not done$"):
        search.output()
    search = ended_twice(early_stopping=True)
    with pytest.raises(ValueError, match=r"^the search is done$"):
        advance(search, torch.zeros(0, 8))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_scores_may_be_of_half_precision(dtype: torch.dtype) -> None:
    step = advance(new_search(), logits({3: 0.5, 5: 0.3, 4: 0.2}).to(dtype))
    assert step.tokens == [3, 5]
    assert step.sums == pytest.approx([-0.69, -1.20], abs=0.01)


# Properties, and equality with the library, on models that are a table of scores.


def library_beams(
    model: Any,
    input_ids: Sequence[int],
    *,
    end_ids: frozenset[int],
    suppressed_ids: frozenset[int] = frozenset(),
    no_repeat_ngram_size: int = 0,
    **options: Any,
) -> list[int]:
    """The decoder ids that `generate` of the library ends with, those before the output included."""
    config = GenerationConfig(
        do_sample=False,
        eos_token_id=sorted(end_ids) or None,
        bad_words_ids=[[token] for token in suppressed_ids] or None,
        no_repeat_ngram_size=no_repeat_ngram_size or None,
        **options,
    )
    published, model.generation_config = model.generation_config, GenerationConfig()
    try:
        prompt = torch.tensor([input_ids])
        ids = model.generate(prompt, attention_mask=torch.ones_like(prompt), generation_config=config)
    finally:
        model.generation_config = published
    return list(ids[0].tolist())


class TableModel(PreTrainedModel, GenerationMixin):  # type: ignore[misc]  # the library is published without types
    """A decoder whose scores are looked up by its last two tokens, so that equal scores are exactly equal."""

    config_class = PretrainedConfig
    main_input_name = "input_ids"

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__(PretrainedConfig(vocab_size=table.shape[-1], is_encoder_decoder=False))
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.table = table  # (vocabulary, vocabulary, vocabulary), float32
        self.generation_config = GenerationConfig()

    def forward(self, input_ids: torch.Tensor, **_: Any) -> Any:
        return CausalLMOutput(logits=self.scores(input_ids)[:, None])

    def scores(self, ids: torch.Tensor) -> torch.Tensor:
        return self.table[ids[:, -2], ids[:, -1]]


def table(seed: int, vocabulary: int, levels: int | None = None) -> torch.Tensor:
    """Scores of which only so many differ, or all; a favoured end token."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn((vocabulary,) * 3, generator=generator) * 2
    scores[..., END] += 1.0
    return scores if levels is None else (scores * levels / 4).round() * 4 / levels


def drive(
    search: BeamSearch, start_ids: Sequence[int], scores: Callable[[torch.Tensor], torch.Tensor]
) -> list[BeamStep]:
    """Run a search to its end: every beam a row of its own, the first step one row."""
    rows, steps = [list(start_ids)], []
    while not search.is_done:
        step = advance(search, scores(torch.tensor(rows)))
        rows = [[*rows[parent], token] for parent, token in zip(step.parents, step.tokens, strict=True)]
        steps.append(step)
    return steps


SEARCHES = st.fixed_dictionaries(
    {
        "num_beams": st.sampled_from([2, 4, 5]),
        "max_new_tokens": st.integers(1, 12),
        "end_ids": st.sampled_from([frozenset({END}), frozenset({END, 4}), frozenset[int]()]),
        "length_penalty": st.sampled_from([-1.0, 0.0, 0.6, 1.0, 2.0]),
        "early_stopping": st.sampled_from([True, False, "never"]),
        "no_repeat_ngram_size": st.sampled_from([0, 2, 3]),
        "suppressed_ids": st.sampled_from([frozenset[int](), frozenset({3})]),
    }
)
START = [5, 6]


@given(options=SEARCHES, seed=st.integers(0, 99))
def test_a_search_keeps_its_promises(options: dict[str, Any], seed: int) -> None:
    search, model = BeamSearch(start_ids=START, **options), TableModel(table(seed, 14))
    steps = drive(search, START, model.scores)
    assert steps[-1] == BeamStep([], [], [])
    num_rows = 1
    for step in steps[:-1]:
        assert len(step.parents) == len(step.tokens) == len(step.sums) == options["num_beams"]
        assert set(step.parents) <= set(range(num_rows))
        assert not set(step.tokens) & (options["end_ids"] | options["suppressed_ids"])
        assert step.sums == sorted(step.sums, reverse=True)
        num_rows = len(step.parents)
    output = search.output()
    assert len(steps) <= options["max_new_tokens"]
    assert 1 <= len(output) <= len(steps)
    assert not set(output[:-1]) & options["end_ids"]
    assert output[-1] in options["end_ids"] or len(output) == options["max_new_tokens"]


@settings(max_examples=300)
@given(
    options=SEARCHES,
    seed=st.integers(0, 9999),
    vocabulary=st.sampled_from([14, 40]),
    levels=st.sampled_from([None, 1, 2, 8]),
)
def test_outputs_are_those_of_the_library_with_equal_scores_too(
    options: dict[str, Any], seed: int, vocabulary: int, levels: int | None
) -> None:
    model = TableModel(table(seed, vocabulary, levels))
    search = BeamSearch(start_ids=START, **options)
    drive(search, START, model.scores)
    expected = library_beams(model, START, use_cache=False, pad_token_id=1, **options)[len(START) :]
    assert search.output() == expected


@dataclass
class Joining:
    """A prompt that joins a running batch at some step."""

    step: int
    start_ids: list[int]
    search: BeamSearch
    rows: list[list[int]] = field(default_factory=list)


@given(
    prompts=st.lists(st.tuples(SEARCHES, st.integers(0, 13), st.integers(0, 6)), min_size=1, max_size=6),
    random=st.randoms(use_true_random=False),
)
def test_a_search_reads_the_same_alone_and_among_others(
    prompts: list[tuple[dict[str, Any], int, int]], random: Any
) -> None:
    """Other prompts join and leave, and rows lie anywhere in the batch."""
    model, alone, together = TableModel(table(3, 14, levels=8)), [], []
    for options, start, step in prompts:
        start_ids = [5, start]
        search = BeamSearch(start_ids=start_ids, **options)
        drive(search, start_ids, model.scores)
        alone.append(search.output())
        together.append(Joining(step, start_ids, BeamSearch(start_ids=start_ids, **options), [start_ids]))
    for step in range(20):
        running = [prompt for prompt in together if prompt.step <= step and not prompt.search.is_done]
        places = [(prompt, row) for prompt in running for row in range(len(prompt.rows))]
        random.shuffle(places)
        batch = [START, *(prompt.rows[row] for prompt, row in places), START]
        own = [[1 + places.index((prompt, row)) for row in range(len(prompt.rows))] for prompt in running]
        scores = model.scores(torch.tensor([ids[-2:] for ids in batch]))
        taken = advance_all([prompt.search for prompt in running], scores, own)
        for prompt, taken_step in zip(running, taken, strict=True):
            prompt.rows = [
                [*prompt.rows[parent], token]
                for parent, token in zip(taken_step.parents, taken_step.tokens, strict=True)
            ]
    assert [prompt.search.output() for prompt in together] == alone


# Equality with the library on every architecture.


@dataclass(frozen=True)
class Family:
    """Models of one kind, with texts for them."""

    save: Callable[[Path], None]
    architecture: str
    segments: Sequence[Segment]
    fields: Mapping[str, Any] = field(default_factory=dict)


SUMMARIES = {"summary_languages": [("en", "en"), ("ko", "ko"), ("ja", "ja")]}
TARGETS = {"source_prefix": ">>{target}<< ", "language_codes": {"en": "eng", "ko": "kor", "ja": "jpn"}}
FLORES = {"language_codes": {"en": "eng_Latn", "ko": "kor_Hang", "ja": "jpn_Jpan"}}
FAMILIES = {
    "m2m100": Family(save_m2m100, "m2m100", mixed_translations()),
    "nllb": Family(save_nllb, "m2m100", mixed_translations(), FLORES),
    "mbart": Family(save_mbart, "mbart", mixed_translations()),
    "marian": Family(
        partial(save_marian, targets=("eng", "jpn", "kor"), seed=4), "marian", mixed_translations(), TARGETS
    ),
    "t5": Family(partial(save_t5, seed=3), "t5", mixed_summaries(), {"source_prefix": "summarize: ", **SUMMARIES}),
    "mt5": Family(partial(save_t5, family="mt5"), "t5", mixed_summaries(), SUMMARIES),
    "madlad": Family(partial(save_t5, family="madlad"), "t5", mixed_translations(), {"source_prefix": "<2{target}> "}),
    "bart": Family(partial(save_bart, seed=1), "bart", mixed_summaries(), {"max_input_tokens": 240, **SUMMARIES}),
    "kobart": Family(
        partial(save_bart, family="kobart"), "bart", mixed_summaries(), {"max_input_tokens": 240, **SUMMARIES}
    ),
    "pegasus": Family(
        partial(save_bart, family="pegasus"), "bart", mixed_summaries(), {"max_input_tokens": 240, **SUMMARIES}
    ),
}

BEAMS, PENALTIES, STOPPING = (2, 4, 5), (0.6, 1.0, 2.0), (True, False, "never")
PAIRWISE = [
    {
        "num_beams": BEAMS[row],
        "length_penalty": PENALTIES[column],
        "early_stopping": STOPPING[(row + column) % 3],
        "no_repeat_ngram_size": 3 if row == column else 0,
    }
    for row in range(3)
    for column in range(3)
]
"""Every two values of different settings occur together."""


class LibraryDecoder:
    """The library's own forward for one prompt, over all decoder ids each time and always with `num_beams` rows.

    So `generate` calls it without a cache. Another number of rows rounds otherwise, and sums may be one float32 apart.
    """

    def __init__(self, model: Any, prompt: Prompt, num_beams: int) -> None:
        self._model, self._num_beams = model, num_beams
        input_ids = torch.tensor([prompt.input_ids])
        self._mask = torch.ones_like(input_ids).repeat(num_beams, 1)
        self._encoded = model.get_encoder()(input_ids).last_hidden_state.repeat(num_beams, 1, 1)

    @torch.inference_mode()
    def scores(self, decoder_ids: torch.Tensor) -> torch.Tensor:
        rows = len(decoder_ids)
        outputs = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._encoded),
            attention_mask=self._mask,
            decoder_input_ids=decoder_ids.repeat(self._num_beams // rows, 1),
            use_cache=False,
        )
        scores: torch.Tensor = outputs.logits[:rows, -1]
        return scores


@pytest.mark.parametrize("name", FAMILIES)
def test_outputs_are_those_of_the_library(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]
    family.save(tmp_path)
    ours, model = load(family.architecture, tmp_path, **family.fields), library_model(tmp_path)
    published = model.generation_config
    suppressed_ids = frozenset({published.pad_token_id} if name == "marian" else ())
    are_complete = set()
    for number, options in enumerate(PAIRWISE):
        for segment in family.segments[number % 3 :: 3]:
            prompt = ours.encode(segment)
            start_ids = [published.decoder_start_token_id, *prompt.forced_ids]
            limits: dict[str, Any] = {"end_ids": prompt.end_ids, "suppressed_ids": suppressed_ids, **options}
            search = BeamSearch(
                max_new_tokens=prompt.max_new_tokens,
                start_ids=start_ids,
                num_forced_tokens=len(prompt.forced_ids),
                **limits,
            )
            drive(search, start_ids, LibraryDecoder(model, prompt, limits["num_beams"]).scores)
            expected = library_beams(
                model,
                prompt.input_ids,
                max_new_tokens=prompt.max_new_tokens + len(prompt.forced_ids),
                forced_bos_token_id=prompt.forced_ids[0] if prompt.forced_ids else None,
                decoder_start_token_id=published.decoder_start_token_id,
                pad_token_id=published.pad_token_id,
                use_cache=False,
                **limits,
            )
            assert start_ids + search.output() == expected, options
            are_complete.add(prompt.is_complete(search.output()))
    assert are_complete == {True, False}, "some outputs should end by themselves and some at their limit"
