"""The file of callers: what it may say, and how everything that is wrong with it is told at once."""

import hashlib
import re

import pytest

from triwire_server.api.caller_file import caller_entry, new_token, read_callers
from triwire_server.callers import Right
from triwire_server.segment import Priority
from triwire_server.watched_files import FilesUnusable

ONE, TWO, THREE = (hashlib.sha256(token).hexdigest() for token in (b"one", b"two", b"three"))


def problems(text: str) -> list[str]:
    with pytest.raises(FilesUnusable) as raised:
        read_callers(text.encode(), "callers.toml")
    return list(raised.value.problems)


def test_each_token_finds_its_caller_with_all_that_it_may_do() -> None:
    table = read_callers(
        f"""
        [[callers]]
        name = "cms"
        token_sha256 = ["{ONE}", "{TWO}"]
        rights = ["articles", "glossaries.read"]
        highest_priority = "standard"
        max_queue_share = 0.5
        max_tokens_per_minute = 60000
        max_concurrent_calls = 8

        [[callers]]
        name = "archive"
        token_sha256 = "{THREE}"
        rights = ["articles"]
        """.encode(),
        "callers.toml",
    )
    cms = table.find("one")
    assert cms is not None
    assert table.find("two") is cms
    assert (cms.name, set(cms.rights)) == ("cms", {Right.ARTICLES, Right.GLOSSARIES_READ})
    assert (cms.highest_priority, cms.max_queue_share) == (Priority.STANDARD, 0.5)
    assert (cms.max_tokens_per_minute, cms.max_concurrent_calls) == (60_000, 8)
    archive = table.find("three")
    assert archive is not None
    assert (archive.highest_priority, archive.max_queue_share) == (Priority.STANDARD, 1.0)
    assert (archive.max_tokens_per_minute, archive.max_concurrent_calls) == (0, 0)
    assert [table.find(text) for text in ("four", "", ONE, "One")] == [None] * 4


def test_everything_that_is_wrong_is_told_with_line_entry_and_name() -> None:
    assert problems(
        f"""# callers
[[callers]]
name = "cms"
token_sha256 = "{ONE}"
right = ["articles"]

[[callers]]
name = "no spaces"
token_sha256 = "secret-token"
rights = ["articles", "glossary.read"]
max_queue_share = 2

[[callers]]
name = "cms"
token_sha256 = "{ONE}"
rights = ["articles"]
highest_priority = "urgent"

[[callers]]
name = "desk"
token_sha256 = "{TWO}"
rights = ["articles"]

[[callers]]
name = "desk"
token_sha256 = ["{THREE}", "{TWO}"]
rights = []

[[callers]]
name = "desk"
token_sha256 = ["{THREE}", "{TWO}"]
rights = ["articles"]
[caller]
"""
    ) == [
        "tokens: callers.toml: there is no setting 'caller'; did you mean 'callers'?",
        "tokens: callers.toml:2: callers[0] ('cms'): rights: Field required",
        "tokens: callers.toml:2: callers[0] ('cms'): there is no field 'right'; did you mean 'rights'?",
        "tokens: callers.toml:7: callers[1] ('no spaces'): name: String should match pattern"
        " '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'",
        "tokens: callers.toml:7: callers[1] ('no spaces'): token_sha256: give the 64 small hex digits that"
        " `triwire-server tokens new` prints, or a list of such",
        "tokens: callers.toml:7: callers[1] ('no spaces'): rights: there is no right 'glossary.read';"
        " did you mean 'glossaries.read'?",
        "tokens: callers.toml:7: callers[1] ('no spaces'): max_queue_share: Input should be less than or equal to 1",
        "tokens: callers.toml:13: callers[2] ('cms'): highest_priority: Input should be 'interactive', 'standard' or"
        " 'bulk'",
        "tokens: callers.toml:24: callers[4] ('desk'): rights: List should have at least 1 item after"
        " validation, not 0",
        "tokens: callers.toml:29: callers[5] ('desk'): name: is that of tokens: callers.toml:19: callers[3]"
        " ('desk') too",
        "tokens: callers.toml:29: callers[5] ('desk'): token_sha256: is a hash of tokens: callers.toml:19: callers[3]"
        " ('desk') too",
    ]


def test_what_stands_in_place_of_a_hash_is_never_repeated() -> None:
    token, _ = new_token()
    told = "\n".join(problems(f'[[callers]]\nname = "cms"\ntoken_sha256 = "{token}"\nrights = ["articles"]\n'))
    assert token not in told
    assert "tokens new" in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no caller: each is a table [[callers]]"),
        ("callers = 3", "names no caller"),
        ("callers = []", "names no caller"),
        ("[[callers]\n", "is not TOML: "),
    ],
)
def test_a_file_without_callers_is_refused(text: str, message: str) -> None:
    [problem] = problems(text)
    assert problem.startswith("tokens: callers.toml ")
    assert message in problem


def test_a_new_token_is_found_by_the_entry_that_is_printed_with_it() -> None:
    token, digest = new_token()
    assert re.fullmatch(r"triwire_[A-Za-z0-9_-]{43}", token)
    assert new_token()[0] != token
    entry = caller_entry("cms", digest, ["articles", "glossaries.write"], "bulk")
    assert token not in entry
    caller = read_callers(entry.encode(), "entry").find(token)
    assert caller is not None
    assert (caller.name, caller.highest_priority) == ("cms", Priority.BULK)
    assert caller.rights == {Right.ARTICLES, Right.GLOSSARIES_WRITE}
