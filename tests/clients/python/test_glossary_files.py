import csv
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triwire.v1.glossary_service_pb2 import Glossary, GlossaryTerm
from triwire_client.glossary_csv import read_csv, write_csv
from triwire_client.glossary_entries import GlossaryFile
from triwire_client.glossary_files import read_glossary, write_glossary
from triwire_client.glossary_tbx import read_tbx, write_tbx
from triwire_client.inputs import InputError
from triwire_server.text.terms.index import TermIndex

HARBOUR = {"en": "Westmere harbour", "ko": "웨스트미어항", "ja": "ウェストミア港"}


def refusal(read: Callable[..., Any], *arguments: Any) -> list[str]:
    """The lines that tell what is wrong with a file."""
    with pytest.raises(InputError) as raised:
        read(*arguments)
    return str(raised.value).split("\n")


def assert_read_or_refused(read: Callable[[Any, str], GlossaryFile], data: str | bytes, name: str) -> None:
    """A file gives terms with forms that are not empty, or a refusal that names it."""
    told, found = "", GlossaryFile()
    try:
        found = read(data, name)
    except InputError as error:
        told = str(error)
    assert told == "" or told.startswith(f"{name}:")
    assert len(found.terms) == len(found.places)
    assert all(term.forms for term in found.terms)
    assert all(form == form.strip() != "" for term in found.terms for form in term.forms.values())


def forms_of(read: GlossaryFile) -> list[dict[str, str]]:
    return [dict(term.forms) for term in read.terms]


# A legal form: up to 200 characters, no control characters, nothing that a strip would take away.
form_texts = (
    st.one_of(
        st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=200),
        st.text("aé가港 \"',;&<>]=+-@#|\\\u00a0\u3000\u200b\U0001f6a2", min_size=1, max_size=30),
    )
    .map(str.strip)
    .filter(bool)
)
xml_form_texts = form_texts.filter(lambda text: "\ufffe" not in text and "\uffff" not in text)
languages = st.sampled_from(["en", "ko", "ja", "fr-CA", "zh-Hant"])


def term_lists(forms: st.SearchStrategy[str]) -> st.SearchStrategy[list[GlossaryTerm]]:
    terms = st.builds(
        GlossaryTerm,
        forms=st.dictionaries(languages, forms, min_size=1),
        verbatim=st.booleans(),
        case_insensitive=st.booleans(),
    )
    return st.lists(terms, max_size=6)


QUOTES = GlossaryTerm(forms={"en": 'the "Grey, Mare"; Ltd', "ko": "<주>회색말 & 형제"}, case_insensitive=True)
"""The Korean is "Grey Mare & Brothers" with the mark of a company in angle brackets."""


class TestCsv:
    @given(term_lists(form_texts))
    @example([QUOTES])
    def test_what_is_written_reads_as_the_same_terms(self, terms: list[GlossaryTerm]) -> None:
        text = write_csv(terms)
        assert read_csv(text, "f").terms == terms
        assert write_csv(read_csv(text, "f").terms) == text

    @given(term_lists(form_texts), st.lists(st.text("a \"',;\t\r\n"), min_size=6, max_size=6), st.sampled_from(",;\t"))
    def test_notes_of_any_kind_and_any_delimiter_change_nothing(
        self, terms: list[GlossaryTerm], notes: list[str], delimiter: str
    ) -> None:
        tags = ["en", "ko", "ja", "fr-CA", "zh-Hant"]
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["note", *tags, "verbatim", "Case_Insensitive"])
        for term, note in zip(terms, notes, strict=False):
            flags = ["yes" if term.verbatim else "NO", str(int(term.case_insensitive))]
            writer.writerow([note, *[term.forms.get(tag, "") for tag in tags], *flags])
        assert read_csv(out.getvalue(), "f").terms == terms

    def test_a_file_of_a_spreadsheet_is_read(self) -> None:
        text = (
            "en;KO;ja-JP;verbatim;note\r\n"
            ' Westmere harbour ;웨스트미어항;ウェストミア港;;"two\r\nlines"\r\n'
            ";;;;\r\n"
            "Ferrant;;;YES\r\n"
        )
        read = read_csv(text, "westmere.csv")
        assert read.terms == [GlossaryTerm(forms=HARBOUR), GlossaryTerm(forms={"en": "Ferrant"}, verbatim=True)]
        assert read.places == ["westmere.csv:2", "westmere.csv:5"]

    def test_spaces_after_a_delimiter_do_not_make_quotation_marks_part_of_a_form(self) -> None:
        read = read_csv('en, ko, note\n"Ferrant, Hall & Co", "페런트"\n5" pipe, 관 , "in ""inches"""\n', "w.csv")
        assert forms_of(read) == [{"en": "Ferrant, Hall & Co", "ko": "페런트"}, {"en": '5" pipe', "ko": "관"}]

    def test_a_single_language_needs_no_delimiter(self) -> None:
        assert read_csv("en\nFerrant\n", "f").terms == [GlossaryTerm(forms={"en": "Ferrant"})]

    def test_the_columns_that_are_written_are_known_before_the_first_flag(self) -> None:
        terms = [GlossaryTerm(forms={"ko": "항", "en": "port"}), GlossaryTerm(forms={"en": "Ferrant"}, verbatim=True)]
        assert write_csv(terms) == "en,ko,verbatim,case_insensitive\nport,항,,\nFerrant,,true,\n"
        assert write_csv([]) == "en,ko,ja,verbatim,case_insensitive\n"

    def test_every_problem_is_told_with_its_line_and_column(self) -> None:
        text = 'en,ko,verbatim\nport,항,ja\n\n,,true\npier,부두,,1,000\n"quay\nside",선창,maybe\n'
        assert refusal(read_csv, text, "w.csv") == [
            "w.csv:2: column 3 (verbatim): 'ja' is none of true, false, 1, 0, yes, no",
            "w.csv:4: has no form in en, ko",
            "w.csv:5: column 4: the header has 3 columns; quote what holds a delimiter",
            "w.csv:6: column 3 (verbatim): 'maybe' is none of true, false, 1, 0, yes, no",
        ]

    @pytest.mark.parametrize(
        ("text", "lines"),
        [
            (
                "English,ko,comment here,ko-KR\n",
                [
                    "w.csv:1: column 1: 'English' is neither a language tag (en, ko, ja) nor one of verbatim,"
                    " case_insensitive, note",
                    "w.csv:1: column 3: 'comment here' is neither a language tag (en, ko, ja) nor one of verbatim,"
                    " case_insensitive, note",
                    "w.csv:1: column 4: 'ko' is there already, in column 2",
                ],
            ),
            (
                "en,kr,JP\n",
                [
                    "w.csv:1: column 2: 'kr' is the code of a country; the language is ko",
                    "w.csv:1: column 3: 'JP' is the code of a country; the language is ja",
                ],
            ),
            (
                "note,verbatim\n",
                [
                    "w.csv:1: has no column of a language; the first line is to name the columns, such as en,ko,ja",
                ],
            ),
            (
                "",
                ["w.csv:1: has no column of a language; the first line is to name the columns, such as en,ko,ja"],
            ),
            (
                'en,ko\nport,항\npier,"부두\n',
                ["w.csv:3: cannot be read from here on: unexpected end of data; see its quotation marks"],
            ),
        ],
    )
    def test_a_file_without_a_header_or_with_an_open_quotation_is_refused(self, text: str, lines: list[str]) -> None:
        assert refusal(read_csv, text, "w.csv") == lines

    def test_of_many_problems_the_first_twenty_are_told_and_how_many_there_are_besides(self) -> None:
        lines = refusal(read_csv, "en,ko,verbatim\n" + "port,항,ja\n" * 1023, "w.csv")
        assert len(lines) == 21
        assert lines[19].startswith("w.csv:21: ")
        assert lines[20] == "and 1,003 more"


DCA = """<?xml version="1.0" encoding="UTF-8"?>
<tbx type="TBX-Basic" style="dca" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2">
  <tbxHeader><fileDesc><titleStmt><title>Names of Westmere</title></titleStmt>
    <sourceDesc><p>made for this test</p></sourceDesc></fileDesc></tbxHeader>
  <text><body>
    <conceptEntry id="c1">
      <descrip type="subjectField">harbours</descrip>
      <note>triwire: case-insensitive</note>
      <langSec xml:lang="en">
        <termSec>
          <term>Westmere
            harbour</term>
          <termNote type="partOfSpeech">noun</termNote>
          <termNote type="administrativeStatus">preferredTerm-admn-sts</termNote>
        </termSec>
      </langSec>
      <langSec xml:lang="ko"><termSec><term>웨스트미어항</term></termSec></langSec>
      <langSec xml:lang="ja"><termSec><term>ウェストミア港</term></termSec></langSec>
    </conceptEntry>
  </body></text>
</tbx>
"""
DCT = """<?xml version="1.0" encoding="UTF-8"?>
<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
     xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic">
  <tbxHeader><fileDesc><sourceDesc><p>made for this test</p></sourceDesc></fileDesc></tbxHeader>
  <text><body>
    <conceptEntry id="c1">
      <min:subjectField>harbours</min:subjectField>
      <langSec xml:lang="en-GB">
        <descripGrp><basic:definition>where <basic:term>boats</basic:term> lie</basic:definition></descripGrp>
        <termSec><term>Westmere port</term>
          <min:administrativeStatus>admittedTerm-admn-sts</min:administrativeStatus></termSec>
        <termSec><term>Westmere harbour</term><min:partOfSpeech>noun</min:partOfSpeech>
          <min:administrativeStatus>preferredTerm-admn-sts</min:administrativeStatus></termSec>
      </langSec>
      <langSec xml:lang="ko-KR"><termSec><term>웨스트미어항</term></termSec></langSec>
      <langSec xml:lang="ja"><termSec><term>ウェストミア港</term></termSec></langSec>
      <langSec xml:lang="de-CH"><termSec><term>Hafen Westmere</term></termSec></langSec>
    </conceptEntry>
  </body></text>
</tbx>
"""
MARTIF = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX" xml:lang="en">
  <martifHeader><fileDesc><sourceDesc><p>made for this test</p></sourceDesc></fileDesc></martifHeader>
  <text><body>
    <termEntry id="eid-1">
      <admin type="entrySource">desk</admin>
      <langSet xml:lang="en-US"><tig><term id="t1">Westmere <hi type="italics">harbour</hi></term></tig></langSet>
      <langSet xml:lang="ko"><ntig><termGrp><term>웨스트미어항</term>
        <termNote type="termType">fullForm</termNote></termGrp></ntig></langSet>
      <langSet xml:lang="ja"><tig><term>ウェストミア港</term></tig></langSet>
    </termEntry>
  </body><back><refObjectList type="respPerson"><refObject id="r"><item>term</item></refObject></refObjectList></back>
  </text>
</martif>
"""


class TestTbx:
    @given(term_lists(xml_form_texts), xml_form_texts)
    @example([QUOTES, GlossaryTerm(forms={"en": "]]> x"}, verbatim=True)], "<t> & co")
    def test_what_is_written_reads_as_the_same_terms(self, terms: list[GlossaryTerm], title: str) -> None:
        text = write_tbx([*terms, GlossaryTerm(forms=HARBOUR)], title)
        read = read_tbx(text.encode(), "f")
        assert read.terms == [*terms, GlossaryTerm(forms=HARBOUR)]
        assert (read.title, read.remarks) == (title, [])
        assert write_tbx(read.terms, read.title) == text

    @pytest.mark.parametrize("text", [DCA, MARTIF, DCT.replace("de-CH", "ja")], ids=["dca", "martif", "dct"])
    @pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "utf-8-sig"])
    def test_every_style_and_encoding_is_read(self, text: str, encoding: str) -> None:
        declared = text.replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
        assert forms_of(read_tbx(declared.encode(encoding), "w.tbx")) == [HARBOUR]

    def test_title_and_flags_are_read_and_layout_is_not_part_of_a_term(self) -> None:
        read = read_tbx(DCA.encode(), "w.tbx")
        assert (read.title, read.places, read.remarks) == ("Names of Westmere", ["w.tbx:6:5"], [])
        assert (read.terms[0].verbatim, read.terms[0].case_insensitive) == (False, True)

    def test_the_preferred_term_of_a_language_counts_and_the_others_are_told(self) -> None:
        read = read_tbx(DCT.encode(), "w.tbx")
        assert forms_of(read) == [HARBOUR | {"de-CH": "Hafen Westmere"}]
        assert read.remarks == ["w.tbx:10:18: en: “Westmere port” is not taken over: “Westmere harbour” is"]

    def test_regions_of_one_language_are_one_and_the_first_counts(self) -> None:
        second = '<langSec xml:lang="en-AU"><termSec><term>{}</term></termSec></langSec></conceptEntry>'
        text = DCA.replace("</conceptEntry>", second.format("Port Westmere"))
        assert read_tbx(text.encode(), "w.tbx").remarks == [
            "w.tbx:19:40: en: “Port Westmere” is not taken over: “Westmere harbour” is"
        ]
        assert read_tbx(DCA.replace("</conceptEntry>", second.format("Westmere harbour")).encode(), "f").remarks == []

    def test_a_term_that_is_not_to_be_used_is_never_a_form(self) -> None:
        text = DCT.replace("preferredTerm-admn-sts", "deprecatedTerm-admn-sts").replace(
            "admittedTerm-admn-sts", "supersededTerm-admn-sts"
        )
        read = read_tbx(text.encode(), "w.tbx")
        assert "en" not in read.terms[0].forms
        assert read.remarks == [
            "w.tbx:10:18: en: “Westmere port” is not taken over: it is marked supersededTerm-admn-sts",
            "w.tbx:12:18: en: “Westmere harbour” is not taken over: it is marked deprecatedTerm-admn-sts",
        ]

    def test_a_concept_without_a_term_is_told(self) -> None:
        text = DCA.replace("<body>", '<body><conceptEntry id="c0"><note>empty</note></conceptEntry>')
        read = read_tbx(text.encode(), "w.tbx")
        assert (forms_of(read), read.remarks) == (
            [HARBOUR],
            ["w.tbx:5:15: the concept is not taken over: it has no term to take"],
        )

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (DCA.replace("</termSec>", "", 1), "w.tbx:16:9: is not well-formed XML: mismatched tag"),
            (
                DCA.replace("웨스트미어항", "항 & 만"),
                "w.tbx:17:48: is not well-formed XML: not well-formed (invalid token)",
            ),
            (DCA[:300], "w.tbx:6:5: is not well-formed XML: unclosed token"),
            ("", "w.tbx:1:1: is not well-formed XML: no element found"),
            ("<xliff version='2.0'/>", "w.tbx:1:1: is not TBX: its outermost element is 'xliff'"),
            (DCA.replace(' xml:lang="ko"', ""), "w.tbx:17:7: langSec: has no xml:lang"),
            (
                DCA.replace('xml:lang="ko"', 'xml:lang="KR"'),
                "w.tbx:17:7: langSec: 'KR' is the code of a country; the language is ko",
            ),
            (
                "<tbx><text><body><p>no concept</p></body></text></tbx>",
                "w.tbx: has no concept (conceptEntry or termEntry) in the body of its text",
            ),
            (
                DCA.replace("UTF-8", "euc-kr"),
                "w.tbx:1:31: cannot be read: multi-byte encodings are not supported; convert it to UTF-8",
            ),
        ],
        ids=["mismatched", "ampersand", "cut", "empty", "other", "no-language", "country", "no-concept", "encoding"],
    )
    def test_what_is_not_tbx_is_told_with_line_and_column(self, text: str, line: str) -> None:
        assert refusal(read_tbx, text.encode(), "w.tbx") == [line]

    def test_entities_are_refused_before_they_can_grow_and_files_are_never_fetched(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("secret", encoding="utf-8")
        grow = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 60))
        for subset, told in [
            (f'<!ENTITY a0 "ha">{grow}', "declares the entity 'a0'"),
            (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "declares the entity 'x'"),
            (f'<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;', "declares the entity 'x'"),
            ("", "uses the entity 'x'"),
        ]:
            text = MARTIF.replace('.dtd">', f'.dtd" [{subset}]>').replace("<hi ", "&x;<hi ")
            started = time.monotonic()
            (line,) = refusal(read_tbx, text.encode(), "w.tbx")
            assert told in line
            assert time.monotonic() - started < 1

    def test_depth_many_terms_and_long_ones_take_linear_time(self) -> None:
        started = time.monotonic()
        deep = DCA.replace("<note>", "<x>" * 50_000 + "</x>" * 50_000 + "<note>")
        assert forms_of(read_tbx(deep.encode(), "f")) == [HARBOUR]
        many = "".join(f"<termSec><term>w{number}</term></termSec>" for number in range(20_000))
        read = read_tbx(DCA.replace('<langSec xml:lang="ko">', f'<langSec xml:lang="ko">{many}', 1).encode(), "f")
        assert len(read.remarks) == 20_000
        spaces = DCA.replace("Westmere\n", "Westmere" + " " * 1_000_000 + "x\n")
        assert len(read_tbx(spaces.encode(), "f").terms[0].forms["en"]) == 1_000_017
        assert time.monotonic() - started < 5

    def test_what_xml_cannot_hold_is_refused_rather_than_changed(self) -> None:
        terms = [GlossaryTerm(forms=HARBOUR), GlossaryTerm(forms={"en": "a\uffffb", "ko": "a\nb"})]
        assert sorted(refusal(write_tbx, terms)) == [
            "term 2: en: U+FFFF cannot stand in TBX; export as csv",
            "term 2: ko: U+000A cannot stand in TBX; export as csv",
        ]


@given(st.one_of(st.text(), st.text("enkoja,;\t\n\r\"' 1yes\0", max_size=60).map("en,ko,verbatim\n".__add__)))
def test_any_text_is_a_csv_file_or_is_refused(text: str) -> None:
    assert_read_or_refused(read_csv, text, "w.csv")


# Pieces that are markup, so that what is made of them often comes near to being TBX.
PIECES = ["<term>", "</term>", "<hi>", "</hi>", "<note>", "</termSec>", "<termSec>", "<langSec>", "</conceptEntry>"]
PIECES += ["<text>", "<body>", "&amp;", "&x;", "<!--", "-->", "<![CDATA[", "]]>", "\x00", "\xff", "<?x ?>", "a", " "]
changes = st.lists(st.tuples(st.integers(0, len(DCA)), st.integers(0, 40), st.sampled_from(PIECES)), max_size=4)


@given(st.sampled_from([DCA, DCT, MARTIF]), changes)
def test_any_bytes_are_a_tbx_file_or_are_refused(text: str, changed: list[tuple[int, int, str]]) -> None:
    for place, length, piece in changed:
        text = text[:place] + piece + text[place + length :]
    assert_read_or_refused(read_tbx, text.encode("utf-8" if len(changed) % 2 else "latin-1", "replace"), "w.tbx")


def test_the_form_of_a_file_goes_by_its_name_and_else_by_its_beginning(tmp_path: Path) -> None:
    glossary = Glossary(display_name="Westmere", terms=[GlossaryTerm(forms=HARBOUR)])
    for name, form in [("w.csv", "csv"), ("w.TBX", "tbx"), ("w.xml", "tbx"), ("plain", "csv"), ("other", "tbx")]:
        path = tmp_path / name
        path.write_bytes(write_glossary(glossary, form))  # type: ignore[arg-type]  # the two of GlossaryFormat
        assert forms_of(read_glossary(str(path))) == [HARBOUR]
    (tmp_path / "wide").write_bytes(DCA.replace("UTF-8", "UTF-16").encode("utf-16"))
    assert forms_of(read_glossary(str(tmp_path / "wide"))) == [HARBOUR]
    (tmp_path / "w.csv").write_bytes("en,ko\n항".encode("euc-kr"))
    with pytest.raises(InputError, match=r"w.csv: is not UTF-8 at byte 6; convert it first"):
        read_glossary(str(tmp_path / "w.csv"))


def test_csv_in_utf_16_is_read_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "w.txt"
    for encoding in ("utf-16", "utf-8-sig"):
        path.write_bytes("en\tko\tja\r\nWestmere harbour\t웨스트미어항\tウェストミア港\r\n".encode(encoding))
        assert forms_of(read_glossary(str(path))) == [HARBOUR]
    path.write_bytes("en\tko".encode("utf-16") + b"x")
    with pytest.raises(InputError, match=r"w.txt: is not UTF-16 at byte 12, although it begins so"):
        read_glossary(str(path))


def test_languages_may_be_chosen_and_what_then_says_nothing_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text(
        "en,de,ko,verbatim\nport,Hafen,항,\npier,Steg,,\nFerrant,,,yes\n,Kai,,yes\n",
        encoding="utf-8",
    )
    read = read_glossary(str(path), languages=["en", "ko"])
    assert forms_of(read) == [{"en": "port", "ko": "항"}, {"en": "Ferrant"}]
    assert read.places == [f"{path}:2", f"{path}:4"]
    assert read.remarks == [
        f"{path}:3: is not taken over: fewer than two of its forms are en, ko",
        f"{path}:5: is not taken over: fewer than two of its forms are en, ko",
    ]


def test_the_example_does_what_its_notes_say() -> None:
    terms = read_glossary(str(Path(__file__).parents[3] / "examples" / "glossary.csv")).terms
    assert len(terms) == 12
    assert all(len(term.forms) == 3 or term.verbatim for term in terms)
    english = "Hot weather, the HOT told the Port Ellery Gazette, made Night Picking pay at Ferrant & Daughters."
    hits = [(hit.source_form, hit.target_form) for hit in TermIndex(terms, "en", "ko").find_terms(english)]
    assert hits == [
        ("HOT", "홀린 재단"),
        ("Port Ellery Gazette", "포트 엘러리 가제트"),
        ("night picking", "야간 수확"),
        ("Ferrant & Daughters", "Ferrant & Daughters"),
    ]
    korean = "솔뫼군은 가람역에서 시작했다."  # "Solmoe County began at Garam Station."
    assert [hit.target_form for hit in TermIndex(terms, "ko", "ja").find_terms(korean)] == ["ソルメ郡", "カラム駅"]
