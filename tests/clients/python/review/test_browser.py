from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="needs playwright: make setup")

from playwright.sync_api import Browser, Page

from tests.clients.python.review.browser import chromium, find_chromium
from tests.clients.python.review.results import example, hostile, hostile_terms
from triwire.v1.article_pb2 import Article, Block
from triwire.v1.article_service_pb2 import ProcessArticleResponse
from triwire_client import review_page
from triwire_client.glossary_files import read_glossary
from triwire_client.review.bodies import read_body, visible_text

ROOT = Path(__file__).parents[4]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        find_chromium() is None, reason="needs chromium on the path, or CHROMIUM: apt-get install chromium"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Opened:
    """A review page in a browser, with what it asked the network for and what it complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)

    def focused(self) -> str:
        """Id of the element that has the focus, else its text."""
        words: str = self.page.evaluate("document.activeElement.id || document.activeElement.textContent")
        return words

    def walk(self, key: str) -> str:
        """Press a key and give the number of the finding that is then the current one."""
        self.page.keyboard.press(key)
        number: str = self.page.evaluate("document.querySelector('.findings > li.now').id.slice(8)")
        return number

    def texts(self, selector: str) -> list[str]:
        """Texts of the elements that a selector finds."""
        found: list[str] = self.page.evaluate(
            "s => [...document.querySelectorAll(s)].map(e => e.textContent)", selector
        )
        return found


class Opener:
    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._contexts: list[Any] = []

    def __call__(self, html: str, **options: Any) -> Opened:
        file = self._folder / f"page-{len(self._contexts)}.html"
        file.write_text(html, encoding="utf-8")
        context = self._browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
        self._contexts.append(context)
        return Opened(context.new_page(), file.as_uri())

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(browser, tmp_path)
    yield opener
    opener.close()


@pytest.fixture(scope="module")
def example_page() -> str:
    return review_page(example(), terms=read_glossary(str(ROOT / "examples" / "glossary.csv")).terms)


def num_findings(result: ProcessArticleResponse) -> int:
    of_translations = sum(len(block.findings) for made in result.translations for block in made.blocks)
    return of_translations + sum(len(point.findings) for made in result.summaries for point in made.points)


def test_the_keyboard_walks_through_every_finding_and_around(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    total = num_findings(example())
    assert total >= 6
    assert [opened.walk("n") for _ in range(total)] == [str(number) for number in range(1, total + 1)]
    assert opened.walk("j") == "1"
    assert [opened.walk("p"), opened.walk("k")] == [str(total), str(total - 1)]
    status = opened.page.locator("#position").inner_text()
    assert status == f"{total - 1} of {total} findings: stop date mismatch, Korean (ko), block b15"
    assert opened.page.locator("li[aria-current=true]").count() == 1
    assert opened.complaints == []


def test_each_step_shows_the_finding_in_the_text_and_gives_it_the_focus(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    for number in range(1, num_findings(example()) + 1):
        opened.walk("n")
        place = "document.activeElement"
        assert opened.page.evaluate(f"{place}.matches('.f[data-f~=\"{number}\"], #at-{number}')")
        assert opened.page.evaluate(
            f"{place}.closest('td, th, li').id === document.getElementById('finding-{number}').dataset.output"
        )
        box = opened.page.evaluate(f"(({{top, bottom}}) => [top, bottom])({place}.getBoundingClientRect())")
        assert 0 <= box[0] < box[1] <= 900
    opened.page.keyboard.press("Escape")
    assert opened.page.evaluate("document.activeElement.parentElement.classList.contains('now')")
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("document.activeElement.closest('main') !== null")


def test_buttons_walk_as_the_keys_do(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    opened.page.get_by_role("button", name="Next").click()
    opened.page.get_by_role("button", name="Next").click()
    opened.page.get_by_role("button", name="Previous").click()
    assert opened.page.locator(".findings > li.now").get_attribute("id") == "finding-1"


def test_keys_can_be_turned_off(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    opened.page.locator("#keys").uncheck()
    opened.page.locator("h1").click()
    opened.page.keyboard.press("n")
    assert opened.page.locator(".findings > li.now").count() == 0


def test_a_click_on_a_mark_finds_its_line_and_a_chip_leads_to_it(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    mark = opened.page.locator("td[data-column] .f").first
    number = str(mark.get_attribute("data-f"))
    mark.click()
    assert opened.page.locator(".findings > li.now").get_attribute("id") == f"finding-{number}"
    opened.page.locator(f"#at-{number}").click()
    assert opened.page.evaluate("document.activeElement.parentElement.id") == f"finding-{number}"


def test_severities_that_are_not_wanted_are_left_out_of_list_texts_and_walk(
    open_page: Opener, example_page: str
) -> None:
    opened = open_page(example_page)
    for severity in ("look", "note"):
        opened.page.locator(f"input[value={severity}]").uncheck()
    left = opened.page.locator(".findings > li:visible").count()
    assert 0 < left < num_findings(example())
    assert opened.page.locator(".findings > li:not(.stop):visible").count() == 0
    assert opened.page.locator(".f:not(.off):not(.stop)").count() == 0
    assert opened.page.locator(".chip:not(.stop):visible").count() == 0
    assert {opened.walk("n") for _ in range(left + 1)} == {
        item.removeprefix("finding-")
        for item in opened.page.evaluate("[...document.querySelectorAll('.findings > li.stop')].map(e => e.id)")
    }


def test_one_translation_can_be_looked_at_alone(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    opened.page.get_by_role("radio", name="ja").check()
    assert opened.page.locator("td [lang=ko]:visible").count() == 0
    assert opened.page.locator("td [lang=ja]:visible").count() > 10
    assert opened.page.locator(".findings > li[data-column='0']:visible").count() == 0
    widths = opened.page.evaluate(
        "[...document.querySelectorAll('.article thead th:not([hidden])')].map(e => e.offsetWidth)"
    )
    assert len(widths) == 3
    assert abs(widths[1] - widths[2]) <= 2


def test_a_sentence_and_its_translations_light_up_on_hover_and_on_focus(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    sentence = opened.page.locator("td.source .s", has_text="over five months").first
    sentence.hover()
    assert opened.texts(".lit") == [
        "The pupils compared some 600 plates over five months.",
        "학생들은 다섯 달에 걸쳐 건판 약 6,000장을 견주어 보았다.",
        "生徒たちは5カ月かけて約600枚の乾板を見比べた。",
    ]
    opened.page.mouse.move(2, 2)  # where the page has nothing, and the bar once it has scrolled
    assert opened.texts(".lit") == []
    opened.page.locator("td[data-column='1'] .s", has_text="乾板を見比べた").first.focus()
    assert opened.texts(".lit") == [
        "The pupils compared some 600 plates over five months.",
        "生徒たちは5カ月かけて約600枚の乾板を見比べた。",
    ]


def test_arrow_keys_go_from_sentence_to_sentence_and_tab_stops_once(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    assert opened.page.locator(".s[tabindex='0']").count() == 1
    opened.page.locator(".s[tabindex='0']").focus()
    first = opened.focused()
    opened.page.keyboard.press("ArrowRight")
    second = opened.focused()
    assert (first, second) == ("Science", "Schoolchildren find a lost asteroid in photographs from 1951")
    opened.page.keyboard.press("ArrowLeft")
    assert opened.focused() == first
    assert opened.page.locator(".s[tabindex='0']").count() == 1


def test_a_summary_leads_to_its_blocks_and_the_folded_ones_open(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page)
    link = opened.page.locator(".rests a").first
    link.click()
    target = str(link.get_attribute("href"))
    assert opened.page.evaluate("document.querySelector(':target').id") == target[1:]
    details = opened.page.locator(".folded details").first
    assert opened.page.locator(".folded details p").first.is_hidden()
    details.locator("summary").press("Enter")
    assert details.locator("p").first.is_visible()


def test_what_is_shown_of_a_body_is_its_text(open_page: Opener, example_page: str) -> None:
    result = example()
    shown = open_page(example_page).texts(
        "td.source > :first-child, .folded details div[lang] > :first-child, td[data-column] > div > :first-child"
    )
    bodies = [*result.source.blocks, *(made.block for whole in result.translations for made in whole.blocks)]
    assert sorted(shown) == sorted(visible_text(read_body(block)) for block in bodies)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["example", "hostile", "empty"])
def test_axe_finds_no_violation(name: str, scheme: str, open_page: Opener, example_page: str) -> None:
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm install")
    pages = {
        "example": example_page,
        "hostile": review_page(hostile(), missing=["Japanese (ja): queue full"]),
        "empty": review_page(
            ProcessArticleResponse(source=Article(language="ko", blocks=[Block(text="항구")]))
        ),  # "harbour"
    }
    opened = open_page(pages[name], color_scheme=scheme)
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    if name == "example":
        opened.walk("n")
    opened.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = opened.page.evaluate("axe.run(document).then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    assert found == []
    assert opened.page.evaluate("axe.run(document).then(r => r.passes.length)") > 20


def test_nothing_is_asked_of_the_network(open_page: Opener, example_page: str) -> None:
    for page in (example_page, review_page(hostile(), terms=hostile_terms())):
        opened = open_page(page)
        opened.page.wait_for_timeout(200)
        assert opened.requests == [opened.page.url]
        assert opened.complaints == []


def test_a_hostile_article_runs_nothing_and_is_shown_as_it_is(open_page: Opener) -> None:
    opened = open_page(review_page(hostile(), terms=hostile_terms()))
    for key in ("n", "n", "n", "Tab", "Tab", "Enter"):
        opened.page.keyboard.press(key)
    for link in opened.page.locator("main td a:not(.chip)").all():
        link.click(force=True)
    assert opened.page.evaluate("window.hostile") is None
    assert opened.page.evaluate("document.querySelectorAll('script, img').length") == 1
    assert hostile().source.blocks[0].text in opened.texts("h3")


def test_a_script_that_came_in_unescaped_would_not_run_either(open_page: Opener, example_page: str) -> None:
    broken = example_page.replace(
        "<main>", "<main><script>window.hostile = true</script><b onclick='1' style='color:red'>x</b>"
    )
    opened = open_page(broken)
    assert opened.page.evaluate("window.hostile") is None
    assert any("Content Security Policy" in words for words in opened.complaints)
    assert opened.page.evaluate("getComputedStyle(document.querySelector('main > b')).color") != "rgb(255, 0, 0)"


def test_print_has_texts_and_findings_on_white_without_controls(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page, color_scheme="dark")
    dark = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    opened.page.emulate_media(media="print")
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)" != dark
    assert opened.page.locator(".bar").is_hidden()
    assert opened.page.locator("tr.folded").first.is_hidden()
    assert opened.page.locator(".findings > li:visible").count() == num_findings(example())
    assert opened.page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    number = "getComputedStyle(document.querySelector('.f[data-n]'), '::after').content"
    assert opened.page.evaluate(number).strip('"').isdigit()
    assert opened.page.pdf(format="A4").startswith(b"%PDF-")
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [1440, 900, 360])
def test_nothing_is_wider_than_the_screen(width: int, open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page, viewport={"width": width, "height": 800})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width


LINES = """selector => [...document.querySelectorAll(selector)].flatMap(body => {
  const lines = [];
  let last = null;
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let i = 0; i < node.length; i++) {
      const range = document.createRange();
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      const box = range.getClientRects()[0];
      if (!box || !box.width) continue;
      if (last === null || box.top > last + box.height * 0.6) { lines.push(""); last = box.top; }
      lines[lines.length - 1] += node.data[i];
    }
  }
  return lines;
})"""
"""The lines that the text of elements is broken into."""


def test_korean_lines_end_at_spaces(open_page: Opener, example_page: str) -> None:
    opened = open_page(example_page, viewport={"width": 1180, "height": 900})
    lines = opened.page.evaluate(LINES, "td[data-column='0'] div > :first-child")
    bodies = [visible_text(read_body(made.block)) for made in example().translations[0].blocks]
    words = {word for body in bodies for word in body.split()}
    assert len(lines) > 1.5 * len(bodies)
    assert {word for line in lines for word in line.split()} <= words


@pytest.mark.parametrize("width", [1100, 1180, 1290, 1440])
def test_japanese_lines_begin_with_no_mark_that_belongs_to_the_line_before(
    width: int, open_page: Opener, example_page: str
) -> None:
    opened = open_page(example_page, viewport={"width": width, "height": 900})
    lines = opened.page.evaluate(LINES, "td[data-column='1'] div > :first-child")
    assert len(lines) > 25
    assert not [line for line in lines if line[0] in "、。」』）ーぁぃぅぇぉっゃゅょァィゥェォッャュョ・"]
    style = "getComputedStyle(document.querySelector('td [lang=ja]'))"
    assert opened.page.evaluate(f"{style}.lineBreak") == "strict"
    if opened.page.evaluate("CSS.supports('word-break', 'auto-phrase')"):
        assert opened.page.evaluate(f"{style}.wordBreak") == "auto-phrase"


def test_a_reading_stands_over_its_words(open_page: Opener) -> None:
    result = ProcessArticleResponse(source=Article(language="ja"))
    result.source.blocks.add(block_id="b1", inline_html="<ruby>榊原<rt>さかきばら</rt></ruby>町長")  # Mayor Sakakibara
    opened = open_page(review_page(result))
    boxes = opened.page.evaluate("['rt', 'ruby'].map(n => document.querySelector(n).getBoundingClientRect().bottom)")
    assert boxes[0] < boxes[1] - 8
    assert opened.texts("ruby") == ["榊原さかきばら"]
