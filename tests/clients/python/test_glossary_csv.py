import pytest
from hypothesis import given
from hypothesis import strategies as st

from triwire.v1.glossary_service_pb2 import Glossary, GlossaryTerm
from triwire_client.glossary_csv import read_csv, write_csv

PIER = GlossaryTerm(forms={"en": "pier", "ko": "부두", "ja": "桟橋"})  # the same word three times
QX = GlossaryTerm(forms={"en": "QX-7"}, verbatim=True)
FERRY = GlossaryTerm(forms={"en": "Ferry", "ko": "여객선"}, case_insensitive=True)
PLAIN = "en,ko,ja,verbatim,case_insensitive\npier,부두,桟橋,,\nQX-7,,,yes,\nFerry,여객선,,,yes\n"


def problems(text: str) -> list[str]:
    return read_csv(text).problems


def test_terms_are_read_with_their_flags_and_places() -> None:
    found = read_csv(PLAIN)
    assert found.terms == [PIER, QX, FERRY]
    assert [entry.place for entry in found.entries] == ["line 2", "line 3", "line 4"]
    assert (found.problems, found.notes) == ([], [])


def test_what_is_written_is_read_back() -> None:
    assert write_csv(Glossary(terms=[PIER, QX, FERRY])) == PLAIN
    assert (
        write_csv(Glossary(terms=[GlossaryTerm(forms={"ja": "港", "ko": "항구"})])) == "ko,ja\n항구,港\n"
    )  # "harbour"
    assert write_csv(Glossary()) == "en,ko,ja\n"


forms = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
terms = st.dictionaries(st.sampled_from(["en", "ko", "ja"]), forms, min_size=2, max_size=3)


@given(st.lists(terms, max_size=8))
def test_any_terms_come_back_as_they_were(drawn: list[dict[str, str]]) -> None:
    glossary = Glossary(terms=[GlossaryTerm(forms=term) for term in drawn])
    once = read_csv(write_csv(glossary))
    assert once.problems == []
    assert read_csv(write_csv(Glossary(terms=once.terms))).terms == once.terms


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_that_of_the_header(delimiter: str, end: str) -> None:
    rows = [["en", "ko"], ["pier, old; new", "부두"], ["a\tb", "나"]]
    text = end.join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    found = read_csv(text)
    assert [dict(term.forms) for term in found.terms] == [
        {"en": "pier, old; new", "ko": "부두"},
        {"en": "a b", "ko": "나"},
    ]


def test_a_spreadsheet_may_name_its_delimiter_and_leave_lines_empty() -> None:
    found = read_csv("\nsep=;\nen;ko\n;\n\npier;부두\n")
    assert [(entry.place, dict(entry.term.forms)) for entry in found.entries] == [
        ("line 6", {"en": "pier", "ko": "부두"})
    ]


@pytest.mark.parametrize(
    "header",
    [
        "en-GB,ko_KR,ja-JP",
        "English,Korean,Japanese",
        "eng,kor,jpn",
        " EN , Ko ,JA ",
        "영어,한국어,일본어",
        "英語,韓国語,日本語",
    ],
)
def test_languages_have_many_names(header: str) -> None:
    assert read_csv(f"{header}\npier,부두,桟橋\n").terms == [PIER]


def test_cells_are_cleaned_of_spaces_line_breaks_and_decomposition() -> None:
    found = read_csv('en,ko\n" northern\n pier ","\u1107\u116e\u1103\u116e"\n')  # 부두, "pier", in single letters
    assert [dict(term.forms) for term in found.terms] == [{"en": "northern  pier", "ko": "부두"}]


def test_columns_for_people_are_passed_over_and_others_are_told() -> None:
    found = read_csv("note,en,ko,de,owner,\nold,pier,부두,Pier,Kim,\n")
    assert [dict(term.forms) for term in found.terms] == [{"en": "pier", "ko": "부두"}]
    rest = "left out: neither a language (en, ko, ja) nor verbatim or case_insensitive"
    assert found.notes == [f"line 1, column 4 (de): {rest}", f"line 1, column 5 (owner): {rest}"]


def test_a_term_in_one_language_alone_is_left_out_and_told() -> None:
    found = read_csv("en,ko,verbatim\npier,,no\n,부두,\nQX-7,,x\nferry,여객선,\n")
    assert [dict(term.forms) for term in found.terms] == [{"en": "QX-7"}, {"en": "ferry", "ko": "여객선"}]
    assert found.notes == [
        "line 2: left out: has en alone; a term has two languages or is verbatim",
        "line 3: left out: has ko alone; a term has two languages or is verbatim",
    ]


def test_a_repetition_is_left_out_and_a_second_meaning_is_told() -> None:
    text = (
        "en,ko,ja\nSouth Korea,한국,韓国\nROK,한국,韓国\nROK,한국,\nbank,은행,\nbank,둑,\n"  # bank of money, of a river
    )
    found = read_csv(text)
    assert [entry.place for entry in found.entries] == ["line 2", "line 3", "line 5", "line 6"]
    assert found.notes == [
        "line 4: left out: repeats line 3",
        "line 3: has the ja and ko of line 2 and another en; from ja and ko, line 2 counts",
        "line 6: has the en of line 5 and another ko; from en, line 5 counts",
    ]
    assert found.problems == []


def test_all_problems_are_told_at_once_with_line_and_column() -> None:
    text = 'en,ko,verbatim\n"two\nlines",둘,perhaps\npier,부두,,extra\n' + "a" * 201 + ",가,\nb\x07,나,\n,,yes\n"
    assert problems(text) == [
        "line 2, column 3 (verbatim): is 'perhaps'; write yes or no, or leave it empty",
        "line 4, column 4: is beyond the 3 of the first row",
        "line 5, column 1 (en): has 201 characters; 200 are allowed",
        "line 6, column 1 (en): holds the control character U+0007",
        "line 7: has no form in any language",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: is empty; the first row has the languages of the columns, such as en,ko,ja"),
        ("\n \n", "line 1: is empty; the first row has the languages of the columns, such as en,ko,ja"),
        ("pier,부두\n", "line 1: names no language; the first row has those of the columns, such as en,ko,ja"),
        ("en,kr\n", "line 1, column 2 (kr): is the code of a country; the language is ko"),
        ("en,ja,JP\n", "line 1, column 3 (JP): is the code of a country; the language is ja"),
        ("en,ko,en-GB\n", "line 1, column 3 (en-GB): is en, as column 1 is"),
        (
            'en,ko\n"pier,부두\nferry,여객선\n',
            "line 2: cannot be read as CSV: unexpected end of data; is a quotation mark missing?",
        ),
    ],
)
def test_what_is_no_glossary_says_what_is_wanted(text: str, problem: str) -> None:
    assert problems(text) == [problem]


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    read_csv("en,ko\n" + text)
    read_csv(text)
