"""The documents as a site: every page is in its navigation, and it can be read and searched without a network."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page

from tests.clients.python.review.browser import chromium, find_chromium
from tests.docs.markdown import DOCS, ROOT


def test_every_page_is_in_the_navigation_once() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    named = re.findall(r"[\w/-]+\.md", navigation)
    pages = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")]
    assert sorted(named) == sorted(pages)


def test_the_picture_says_what_it_shows_and_needs_nothing_else() -> None:
    picture = DOCS / "images" / "article-way.svg"
    root = ElementTree.parse(picture).getroot()  # noqa: S314 - a file of ours
    title, description = (root.find(f"{{http://www.w3.org/2000/svg}}{name}") for name in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert len(description.text or "") > len(title.text or "") > 0
    assert not re.search(r"href|url\((?!#)|@import", picture.read_text(encoding="utf-8"))


browser_tests = [
    pytest.mark.browser,
    pytest.mark.skipif(find_spec("mkdocs") is None, reason="needs the extra docs: make docs"),
    pytest.mark.skipif(find_chromium() is None, reason="needs chromium on the path, or CHROMIUM"),
]


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files, without a line for each."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, built as `make docs` does and served on this machine."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        check=True,
        cwd=ROOT,
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page that can reach the site alone; any other request fails the test."""
    strangers: list[str] = []
    opened = browser.new_page()
    opened.on("request", lambda request: None if request.url.startswith(site) else strangers.append(request.url))
    yield opened
    opened.close()
    assert strangers == []


class TestInABrowser:
    pytestmark = browser_tests

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("etag", "Glossaries"),
            ("솔뫼군", "Glossaries"),  # Solmoe County
            ("한국", "Glossaries"),  # Korea
            ("市議会", "Architecture"),  # city council
            ("首相", "Findings"),  # prime minister
        ],
    )
    def test_search_finds_words_of_three_languages(self, page: Page, site: str, words: str, found: str) -> None:
        page.goto(f"{site}/index.html")
        page.get_by_role("textbox", name="Search").fill(words)
        # Results come one after the other.
        page.locator(".md-search-result__item", has_text=found).first.wait_for()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_pages_are_shown_in_light_and_dark(self, browser: Browser, site: str, scheme: str) -> None:
        with browser.new_context(color_scheme=scheme) as context:  # type: ignore[arg-type]  # one of its words
            page = context.new_page()
            page.goto(f"{site}/concepts.html")
            assert (
                page.locator("body").get_attribute("data-md-color-scheme")
                == {"light": "default", "dark": "slate"}[scheme]
            )

    def test_the_pages_load_nothing_from_elsewhere(self, page: Page, site: str) -> None:
        for path in sorted(DOCS.rglob("*.md")):
            page.goto(f"{site}/{path.relative_to(DOCS).with_suffix('.html')}")
            assert page.locator("h1").count() == 1, path
