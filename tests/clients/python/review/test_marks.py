from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from triwire_client.review.bodies import Piece, read_inline_html, read_text, visible_text
from triwire_client.review.marks import Mark, write_body

NUMBERS = Mark(4, 8, "finding", "1", "look")
LETTERS = "ab1<>&\"' \n항구が灯\u0301😀"
INLINE = ("a", "b", "em", "span", "sup")
ALLOWED = set("a abbr b br code em i mark s small span strong sub sup u ruby rt rp".split())


class Read(HTMLParser):
    """What a browser makes of a piece of HTML: its text, the elements that are open around it, and all names."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.names: set[str] = set()
        self.open: list[str] = []
        self.is_balanced = True
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()
        self.is_balanced = self.is_balanced and not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_balanced = self.is_balanced and bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment came out of text")


places = st.integers(-3, 60)
marks = st.lists(
    st.builds(
        Mark,
        places,
        places,
        st.sampled_from(["sentence", "term", "finding"]),
        st.sampled_from(["1", "2", '"><script>', "3"]),
        st.sampled_from(["note", "look", "stop"]),
    ),
    max_size=8,
)
# What is written in a body, and what a reader should see of it.
atoms = st.one_of(
    st.text(LETTERS.replace("<", "").replace("&", ""), max_size=6).map(lambda text: (text, text)),
    st.sampled_from([("&amp;", "&"), ("&lt;", "<"), ("&#128512;", "😀"), ("&#x22;", '"'), ("<br>", "")]),
    st.sampled_from([("<script>", "<script>"), ("</td>", "</td>"), ("<b", "<b"), ("<i>", "<i>"), ("& ", "& ")]),
)
bodies = st.recursive(
    st.lists(atoms, max_size=4).map(lambda found: ("".join(a for a, _ in found), "".join(b for _, b in found))),
    lambda inner: st.tuples(st.sampled_from(INLINE[1:]), inner, inner).map(
        lambda parts: (f"<{parts[0]}>{parts[1][0]}</{parts[0]}>{parts[2][0]}", parts[1][1] + parts[2][1])
    ),
    max_leaves=4,
)


@given(st.text(LETTERS, max_size=50), marks)
def test_marks_leave_the_text_of_a_plain_body_as_it_is(text: str, given_marks: list[Mark]) -> None:
    read = Read(write_body(read_text(text), given_marks))
    assert read.text == text
    assert read.is_balanced
    assert read.names <= {"span", "mark"}
    assert read.attributes <= {"class", "data-s", "data-f", "data-n", "tabindex", "title", "aria-describedby"}


@given(bodies, marks)
def test_marks_break_no_tag_and_leave_what_is_seen_of_an_inline_body(
    body: tuple[str, str], given_marks: list[Mark]
) -> None:
    source, seen = body
    read = Read(write_body(read_inline_html(source), given_marks))
    assert read.text == seen
    assert read.is_balanced
    assert read.names <= {"span", "mark", "br", *INLINE}


@given(st.text(LETTERS + "</b>scriptimg=", max_size=60), marks)
def test_nothing_but_known_elements_comes_out_of_any_body(body: str, given_marks: list[Mark]) -> None:
    read = Read(write_body(read_inline_html(body), given_marks))
    assert read.is_balanced
    assert read.text == visible_text(read_inline_html(body))
    assert read.names <= ALLOWED


@given(st.text(LETTERS, min_size=1, max_size=50), marks)
def test_every_code_point_of_a_range_and_no_other_is_marked(text: str, given_marks: list[Mark]) -> None:
    page = write_body([Piece(i, i + 1, "x") for i in range(len(text))], given_marks)

    class Marked(Read):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            super().handle_starttag(tag, attrs)
            if tag == "mark":
                self.now = dict(attrs)["data-f"] or ""

        def handle_endtag(self, tag: str) -> None:
            super().handle_endtag(tag)
            if tag == "mark":
                self.now = ""

        def handle_data(self, data: str) -> None:
            found.extend([getattr(self, "now", "")] * len(data))

    found: list[str] = []
    Marked(page)
    for place, keys in enumerate(found):
        wanted = {m.key for m in given_marks if m.kind == "finding" and m.start <= place < m.end}
        assert set(keys.split(" ")) - {""} == wanted


def test_overlapping_findings_share_a_piece_that_looks_like_the_more_serious_one() -> None:
    page = write_body(read_text("0123456789"), [NUMBERS, Mark(6, 10, "finding", "2", "stop")])
    assert page == (
        '0123<mark class="f look" data-f="1" aria-describedby="finding-1">45</mark>'
        '<mark class="f stop" data-f="1 2" data-n="1" aria-describedby="finding-1 finding-2">67</mark>'
        '<mark class="f stop" data-f="2" data-n="2" aria-describedby="finding-2">89</mark>'
    )


def test_a_range_across_tags_is_marked_on_both_sides_of_them() -> None:
    body = "a <b>bold</b> end"
    page = write_body(read_inline_html(body), [Mark(body.index("old"), body.index(" end") + 4, "finding", "1")])
    assert page == (
        'a <b>b<mark class="f note" data-f="1" aria-describedby="finding-1">old</mark></b>'
        '<mark class="f note" data-f="1" data-n="1" aria-describedby="finding-1"> end</mark>'
    )


def test_an_entity_is_marked_whole_when_a_range_ends_in_it() -> None:
    page = write_body(read_inline_html("R&amp;D"), [Mark(0, 3, "finding", "1", "look")])
    assert page == (
        '<mark class="f look" data-f="1" aria-describedby="finding-1">R</mark>'
        '<mark class="f look" data-f="1" data-n="1" aria-describedby="finding-1">&amp;</mark>D'
    )


def test_a_sentence_has_one_place_for_the_keyboard_however_many_pieces_it_is_in() -> None:
    body = "One <b>two</b>. Three."
    marks = [Mark(0, body.index(" Three"), "sentence", "0-1-0"), Mark(body.index("Three"), 99, "sentence", "0-1-1")]
    page = write_body(read_inline_html(body), marks)
    assert page == (
        '<span class="s" data-s="0-1-0" tabindex="-1">One </span><b><span class="s" data-s="0-1-0">two</span></b>'
        '<span class="s" data-s="0-1-0">.</span> <span class="s" data-s="0-1-1" tabindex="-1">Three.</span>'
    )


def test_empty_and_reversed_ranges_mark_nothing() -> None:
    for start, end in ((2, 2), (3, 1), (50, 60), (-5, 0)):
        assert write_body(read_text("text"), [Mark(start, end, "finding", "1")]) == "text"
