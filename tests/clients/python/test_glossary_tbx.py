import pytest
from hypothesis import given
from hypothesis import strategies as st

from triwire.v1.glossary_service_pb2 import Glossary, GlossaryTerm
from triwire_client.glossary_tbx import read_tbx, write_tbx

PIER = {"en": "pier", "ko": "부두", "ja": "桟橋"}  # the same word three times
DCA = """<?xml version="1.0" encoding="UTF-8"?>
<tbx type="TBX-Basic" style="dca" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2">
  <tbxHeader><fileDesc>
    <titleStmt><title>Westmere
      desk</title></titleStmt>
    <sourceDesc><p>made for a test</p></sourceDesc>
  </fileDesc></tbxHeader>
  <text><body>
    <conceptEntry id="c1">
      <descrip type="subjectField">harbours</descrip>
      <note>ask Kim</note>
      <langSec xml:lang="en-GB">
        <termSec><term>jetty</term><termNote type="partOfSpeech">noun</termNote></termSec>
        <termSec><term>pier</term>
          <termNote type="administrativeStatus">preferredTerm-admn-sts</termNote></termSec>
        <termSec><term>mole</term>
          <termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></termSec>
      </langSec>
      <langSec xml:lang="ko"><termSec><term>부두</term></termSec></langSec>
      <langSec xml:lang="de"><termSec><term>Steg</term></termSec></langSec>
    </conceptEntry>
  </body></text>
</tbx>
"""
DCT = """<?xml version="1.0"?>
<tbx type="TBX-Basic" style="dct" xml:lang="ko" xmlns="urn:iso:std:iso:30042:ed-2"
     xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic">
  <text><body><conceptEntry>
    <min:subjectField>harbours</min:subjectField>
    <langSec xml:lang="ja"><termSec><term>埠頭</term>
      <min:administrativeStatus>admittedTerm-admn-sts</min:administrativeStatus></termSec>
      <termSec><term>桟橋</term>
      <min:administrativeStatus>preferredTerm-admn-sts</min:administrativeStatus></termSec></langSec>
    <langSec xml:lang="ko"><termSec><basic:note>see there</basic:note><term>부두</term></termSec></langSec>
  </conceptEntry></body></text>
</tbx>
"""
MARTIF = """<?xml version='1.0'?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en-US">
  <martifHeader><fileDesc><titleStmt><title>Old</title></titleStmt></fileDesc></martifHeader>
  <text><body>
    <termEntry id="1">
      <langSet xml:lang="en-US"><tig><term>northern <hi type="bold">pier</hi> &amp; gate</term></tig></langSet>
      <langSet xml:lang="KO-KR"><ntig><termGrp><term>북부 부두</term>
        <termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></termGrp></ntig></langSet>
    </termEntry>
    <termEntry id="2">
      <langSet lang="ja"><tig><term>港</term></tig></langSet>
    </termEntry>
  </body></text>
</martif>
"""


def forms(text: str) -> list[dict[str, str]]:
    found = read_tbx(text.encode())
    assert found.problems == []
    return [dict(term.forms) for term in found.terms]


def test_the_preferred_word_comes_first_and_each_synonym_is_a_term_of_its_own() -> None:
    found = read_tbx(DCA.encode())
    assert [dict(term.forms) for term in found.terms] == [{"en": "pier", "ko": "부두"}, {"en": "jetty", "ko": "부두"}]
    assert [entry.place for entry in found.entries] == ["line 9", "line 9"]
    assert found.title == "Westmere desk"
    assert found.notes == [
        "left out: what is in de; languages are en, ko, ja",
        "left out: words marked as deprecated or superseded (1)",
        "line 9: has the ko of line 9 and another en; from ko, line 9 counts",
    ]


def test_the_style_with_elements_for_categories_is_read() -> None:
    assert forms(DCT) == [{"ko": "부두", "ja": "桟橋"}, {"ko": "부두", "ja": "埠頭"}]


def test_the_predecessor_of_tbx_is_read() -> None:
    found = read_tbx(MARTIF.encode())
    assert [dict(term.forms) for term in found.terms] == [{"en": "northern pier & gate", "ko": "북부 부두"}]
    assert found.title == "Old"
    assert found.notes == ["line 11: left out: has ja alone; a term has two languages or is verbatim"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_encoding_is_what_the_file_says(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{name}"?><tbx><conceptEntry><note>triwire: verbatim</note>'
    text += '<langSec xml:lang="en"><termSec><term>café</term></termSec></langSec></conceptEntry></tbx>'
    assert [dict(term.forms) for term in read_tbx(text.encode(encoding)).terms] == [{"en": "café"}]


def test_what_is_written_is_read_back_with_name_and_flags() -> None:
    glossary = Glossary(
        name="glossaries/westmere",
        display_name="Westmere & <co>",
        terms=[
            GlossaryTerm(forms=PIER),
            GlossaryTerm(forms={"en": 'AT&T "<b>"', "ko": "']]>"}, case_insensitive=True),
            GlossaryTerm(forms={"en": "QX-7"}, verbatim=True),
            GlossaryTerm(forms={"ja": "ブルーヘロン", "ko": "블루 헤론"}, verbatim=True, case_insensitive=True),
        ],
    )
    found = read_tbx(write_tbx(glossary).encode())
    assert found.terms == list(glossary.terms)
    assert (found.title, found.problems, found.notes) == ("Westmere & <co>", [], [])


any_form = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
any_terms = st.dictionaries(st.sampled_from(["en", "ko", "ja"]), any_form, min_size=2, max_size=3)


@given(st.lists(any_terms, max_size=6))
def test_any_terms_come_back_as_they_were(drawn: list[dict[str, str]]) -> None:
    once = read_tbx(write_tbx(Glossary(terms=[GlossaryTerm(forms=term) for term in drawn])).encode())
    assert once.problems == []
    assert read_tbx(write_tbx(Glossary(terms=once.terms)).encode()).terms == once.terms


BILLION = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10 if number else "lol"}">' for number in range(9))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"<!DOCTYPE tbx [{BILLION}]><tbx>&l8;</tbx>", "line 1: declares the entity 'l0'"),
        ('<!DOCTYPE tbx [<!ENTITY x SYSTEM "file:///etc/passwd">]><tbx>&x;</tbx>', "line 1: declares the entity 'x'"),
        ('<!DOCTYPE tbx [<!ENTITY % x SYSTEM "http://x">%x;]><tbx/>', "line 1: declares the entity 'x'"),
        ('<!DOCTYPE martif SYSTEM "x.dtd"><martif>\n&nbsp;</martif>', "line 2: refers to the entity 'nbsp'"),
        ("<tbx>&nbsp;</tbx>", "line 1, column 6: is not XML: undefined entity"),
        ("<html></html>", "line 1: is <html>; a TBX file begins with <tbx> or <martif>"),
        ("<tbx>\n<text></tbx>", "line 2, column 9: is not XML: mismatched tag"),
        ("", "line 1, column 1: is not XML: no element found"),
        ("en,ko\npier,부두\n", "line 1, column 1: is not XML: syntax error"),
        ('<?xml version="1.0" encoding="shift_jis"?><tbx/>', "line 1: the encoding cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, problem: str) -> None:
    found = read_tbx(text.encode())
    assert len(found.problems) == 1
    assert found.problems[0].startswith(problem)
    assert found.terms == []


def test_all_problems_are_told_at_once() -> None:
    sections = (
        '<langSec xml:lang="kr"><termSec><term>부두</term></termSec></langSec>\n'
        "<langSec><termSec><term>pier</term></termSec></langSec>\n"
        f'<langSec xml:lang="en"><termSec><term>{"a" * 201}</term></termSec></langSec>\n'
        '<langSec xml:lang="ja"><termSec><term>港\x85\x9b</term></termSec></langSec>\n'
    )
    found = read_tbx(f"<tbx><conceptEntry>\n{sections}</conceptEntry></tbx>".encode())
    assert found.problems == [
        "line 2: kr is the code of a country; the language is ko",
        "line 3: <langSec> has no xml:lang",
        "line 4 (en): has 201 characters; 200 are allowed",
        "line 5 (ja): holds the control character U+009B",
    ]


def test_deep_nesting_and_stray_elements_do_no_harm() -> None:
    assert forms("<tbx>" + "<p>" * 5000 + "</p>" * 5000 + "</tbx>") == []
    assert forms("<tbx><term>stray</term><langSec xml:lang='en'><term>pier</term></langSec></tbx>") == []


@given(st.binary(max_size=200), st.integers(0, len(DCA.encode())), st.integers(0, 40))
def test_no_bytes_raise(junk: bytes, position: int, length: int) -> None:
    read_tbx(junk)
    data = DCA.encode()
    read_tbx(data[:position] + junk + data[position + length :])
