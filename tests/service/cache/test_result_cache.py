from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triwire_server.cache.result_cache import ResultCache
from triwire_server.segment import Register, Segment, SummarySpec, SummaryStyle, Task

SEGMENT = Segment(task=Task.TRANSLATION, text="The pier reopens.", source_language="en", target_language="ko")


def test_equal_work_finds_the_result() -> None:
    cache = ResultCache(10_000)
    cache.put("m@1", SEGMENT, "부두가 다시 열린다.", truncated=True)
    found = cache.get("m@1", replace(SEGMENT))
    assert found is not None
    assert (found.text, found.truncated) == ("부두가 다시 열린다.", True)


@pytest.mark.parametrize(
    "other",
    [
        replace(SEGMENT, text="The pier reopens!"),
        replace(SEGMENT, source_language="ja"),
        replace(SEGMENT, target_language="ja"),
        replace(SEGMENT, is_headline=True),
        replace(SEGMENT, register=Register.POLITE),
        replace(SEGMENT, attempt=1),
        replace(SEGMENT, task=Task.SUMMARIZATION, summary=SummarySpec(style=SummaryStyle.HEADLINE, max_characters=80)),
    ],
)
def test_work_that_differs_in_anything_does_not(other: Segment) -> None:
    cache = ResultCache(10_000)
    cache.put("m@1", SEGMENT, "부두", truncated=False)
    assert cache.get("m@1", other) is None
    assert cache.get("m@2", SEGMENT) is None


def test_the_least_recently_used_goes_first() -> None:
    size = 512 + 2
    cache = ResultCache(2 * size)
    first, second, third = (replace(SEGMENT, text=text) for text in "abc")
    cache.put("m@1", first, "x", truncated=False)
    cache.put("m@1", second, "x", truncated=False)
    assert cache.get("m@1", first) is not None
    cache.put("m@1", third, "x", truncated=False)
    assert [cache.get("m@1", segment) is not None for segment in (first, second, third)] == [True, False, True]
    assert cache.num_bytes == 2 * size


def test_a_result_larger_than_the_cache_is_not_kept_and_pushes_nothing_out() -> None:
    cache = ResultCache(2_000)
    cache.put("m@1", SEGMENT, "small", truncated=False)
    cache.put("m@1", replace(SEGMENT, text="long"), "부" * 1_000, truncated=False)
    assert len(cache) == 1
    assert cache.get("m@1", SEGMENT) is not None


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=900)), max_size=30))
def test_whatever_is_put_the_bound_holds(results: list[tuple[str, str]]) -> None:
    cache = ResultCache(3_000)
    for text, output in results:
        cache.put("m@1", replace(SEGMENT, text=text), output, truncated=False)
        assert cache.num_bytes <= 3_000
