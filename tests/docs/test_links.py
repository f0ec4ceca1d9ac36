"""No link of a document is dead, and a document that is named in running text is a link."""

import re
from pathlib import Path

import pytest

from tests.docs.markdown import DOCS, ROOT, anchors, destination, documents, links, parsed, running_text

NAMED = re.compile(r"[\w./-]+\.md\b")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", documents(), ids=name)
def test_links_lead_to_files_and_headings_that_are_there(path: Path) -> None:
    dead = []
    for link in links(path):
        if found := destination(path, link):
            file, fragment = found
            if not file.exists() or (fragment and fragment not in anchors(file)):
                dead.append(link)
    assert dead == []


@pytest.mark.parametrize("path", [path for path in documents() if path.is_relative_to(DOCS)], ids=name)
def test_links_of_the_site_stay_on_the_site(path: Path) -> None:
    """What lies outside of docs/ is named as code: the site does not have it."""
    found = [destination(path, link) for link in links(path)]
    assert [file for file, _ in filter(None, found) if DOCS not in file.parents] == []


@pytest.mark.parametrize("path", [path for path in documents() if path.name != "CHANGELOG.md"], ids=name)
def test_documents_named_in_running_text_are_links(path: Path) -> None:
    """Inside of the site: links to other pages, and code for what is not on it."""
    named = set(NAMED.findall(running_text(path)))
    if not path.is_relative_to(DOCS):
        named = {word for word in named if word.startswith("docs/")}
    assert named == set()


@pytest.mark.parametrize("path", documents(), ids=name)
def test_headings_that_are_linked_to_are_told_apart(path: Path) -> None:
    """A fragment that two headings share is not the same on a code host and on the site."""
    for link in links(path):
        if (found := destination(path, link)) and found[1]:
            assert anchors(found[0]).count(found[1]) == 1, link


def test_web_addresses_are_written_whole() -> None:
    for path in documents():
        for link in links(path):
            assert not re.match(r"[a-z]+:", link) or link.startswith(("https://", "http://", "mailto:")), (path, link)


@pytest.mark.parametrize("path", [path for path in documents() if path.is_relative_to(DOCS)], ids=name)
def test_lists_begin_where_the_site_sees_them(path: Path) -> None:
    """What makes the site reads a list only after an empty line or a heading, and wants four spaces below an item."""
    lines = ["", *path.read_text(encoding="utf-8").splitlines()]
    unseen = []
    for token in parsed(path):
        if token.type in ("bullet_list_open", "ordered_list_open", "fence") and token.map:
            before, line = lines[token.map[0] : token.map[0] + 2]
            if token.level:
                wrong = (len(line) - len(line.lstrip())) % 4 != 0
            else:
                wrong = token.type != "fence" and before != "" and not before.startswith("#")
            if wrong:
                unseen.append(line)
    assert unseen == []
