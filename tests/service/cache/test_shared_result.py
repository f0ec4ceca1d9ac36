"""Names and values of results in a store that others can reach."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triwire_server.cache.shared_result import PREFIX, InvalidValue, ResultCodec, SharedResult
from triwire_server.segment import Register, Segment, SummarySpec, SummaryStyle, Task

SEGMENT = Segment(task=Task.TRANSLATION, text="The pier reopens.", source_language="en", target_language="ko")
SUMMARY = SummarySpec(style=SummaryStyle.BULLETS, max_characters=80)
RESULT = SharedResult("부두가 다시 열린다.", truncated=True)
MODEL = "m@1#f"

OTHERS = {
    "task": replace(SEGMENT, task=Task.SUMMARIZATION),
    "text": replace(SEGMENT, text="The pier reopens!"),
    "source_language": replace(SEGMENT, source_language="ja"),
    "target_language": replace(SEGMENT, target_language="ja"),
    "is_headline": replace(SEGMENT, is_headline=True),
    "register": replace(SEGMENT, register=Register.POLITE),
    "summary": replace(SEGMENT, summary=SUMMARY),
    "terms": replace(SEGMENT, terms=(("pier", "부두"),)),
    "attempt": replace(SEGMENT, attempt=1),
}
OTHER_SUMMARIES = {
    "style": replace(SUMMARY, style=SummaryStyle.PARAGRAPH),
    "max_characters": replace(SUMMARY, max_characters=81),
    "bullet_count": replace(SUMMARY, bullet_count=4),
}


def test_equal_work_has_one_name_in_every_process() -> None:
    # Literal, because replicas of one release have to agree; when it changes, so does the number in the prefix.
    name = ResultCodec("").name(MODEL, replace(SEGMENT))
    assert name == "triwire:result:1:4bdce65078aae0766816ba708ee256b936ae13b00f13d8a68d4a1de2acd69cfd"
    assert name == ResultCodec("").name(MODEL, SEGMENT)


def test_every_field_of_a_segment_makes_another_name() -> None:
    assert set(OTHERS) == {field.name for field in fields(Segment)}
    assert set(OTHER_SUMMARIES) == {field.name for field in fields(SummarySpec)}
    segments = [SEGMENT, *OTHERS.values(), *(replace(SEGMENT, summary=spec) for spec in OTHER_SUMMARIES.values())]
    names = {ResultCodec("").name(MODEL, segment) for segment in segments}
    assert len(names) == len(segments) == 13


def test_terms_are_told_apart_however_they_are_cut() -> None:
    terms = [(("a", "b"), ("c", "d")), (("c", "d"), ("a", "b")), (("ab", ""), ("c", "d")), (("a", "b,c"), ("", "d"))]
    assert len({ResultCodec("").name(MODEL, replace(SEGMENT, terms=each)) for each in terms}) == 4


def test_another_model_and_another_secret_make_another_name() -> None:
    names = {ResultCodec("").name(model, SEGMENT) for model in ("m@1#f", "m@2#f", "m@1#g")}
    names.add(ResultCodec("s" * 32).name(MODEL, SEGMENT))
    assert len(names) == 4
    assert all(name.startswith(PREFIX) and len(name) == len(PREFIX) + 64 for name in names)


@given(st.text(st.characters()), st.booleans(), st.sampled_from(["", "s" * 32]))
def test_a_value_gives_its_result_back(text: str, truncated: bool, secret: str) -> None:
    codec, result = ResultCodec(secret), SharedResult(text, truncated)
    assert codec.decode("n", codec.encode("n", result)) == result


def test_a_value_costs_18_bytes_beside_its_text() -> None:
    assert len(ResultCodec("").encode("n", SharedResult("Harbour", False))) == 18 + 7


@given(st.data())
def test_a_value_with_any_bit_changed_or_cut_is_no_result(data: st.DataObject) -> None:
    codec = ResultCodec("")
    value = codec.encode("n", RESULT)
    index = data.draw(st.integers(0, len(value) - 1))
    changed = bytearray(value)
    changed[index] ^= 1 << data.draw(st.integers(0, 7))
    for wrong in (bytes(changed), value[:index], value + b"\0"):
        with pytest.raises(InvalidValue):
            codec.decode("n", wrong)


@given(st.binary(max_size=60))
def test_foreign_bytes_are_no_result(value: bytes) -> None:
    with pytest.raises(InvalidValue):
        ResultCodec("").decode("n", value)


def test_a_value_of_another_name_or_secret_is_no_result() -> None:
    codec = ResultCodec("s" * 32)
    value = codec.encode("n", RESULT)
    assert codec.decode("n", value) == RESULT
    for name, secret in (("m", "s" * 32), ("n", "t" * 32), ("n", "")):
        with pytest.raises(InvalidValue):
            ResultCodec(secret).decode(name, value)


@pytest.mark.parametrize("body", [b"\x02text", b"\x00\xff\xfe"])
def test_what_a_later_release_or_a_fault_signed_is_no_result_either(body: bytes) -> None:
    codec = ResultCodec("")
    value = codec.encode("n", RESULT)
    with pytest.raises(InvalidValue, match=r"unknown flags|no UTF-8"):
        codec.decode("n", value[:1] + codec._tag("n", body) + body)
