import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from triwire_server.errors import GlossariesUnavailable
from triwire_server.glossary_store import GlossaryDraft, make_store

DRAFT = GlossaryDraft("Westmere", 1, b"term")
WRITER = """
import asyncio, sys
from triwire_server.errors import EtagMismatch
from triwire_server.glossary_store import GlossaryDraft, make_store

async def main():
    store = make_store(sys.argv[1])
    won = 0
    for round in range(20):
        head = await store.head("westmere")
        try:
            count = head.term_count + 1
            await store.update("westmere", GlossaryDraft("", count, b""), etag=head.etag)
            won += 1
        except EtagMismatch:
            pass
    print(won)
    await store.close()

asyncio.run(main())
"""


async def test_processes_that_share_a_file_lose_no_update(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/glossaries.sqlite3"
    store = make_store(url)
    await store.create("westmere", GlossaryDraft("", 0, b""))
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    outputs = [(await process.communicate())[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    head = await store.head("westmere")
    await store.close()
    assert head is not None
    assert head.term_count == sum(int(output) for output in outputs) >= 20


async def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "glossaries.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    store = make_store(f"sqlite:///{path}")
    with pytest.raises(GlossariesUnavailable):
        await store.create("westmere", DRAFT)
    await store.close()


async def test_the_event_loop_goes_on_while_another_process_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "glossaries.sqlite3"
    store = make_store(f"sqlite:///{path}")
    await store.create("westmere", DRAFT)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    update = asyncio.ensure_future(store.update("westmere", DRAFT))
    ticks = 0
    while ticks < 20:
        await asyncio.sleep(0.01)
        ticks += 1
    assert not update.done()
    blocker.execute("COMMIT")
    blocker.close()
    assert (await asyncio.wait_for(update, 10)).glossary_id == "westmere"
    await store.close()
