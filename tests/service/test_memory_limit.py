"""How much memory the process may take, in containers of both kinds and outside of them."""

from pathlib import Path

import pytest

from triwire_server.memory_limit import free_memory_bytes, memory_limit_bytes

UNLIMITED_V1 = "9223372036854771712"


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("memory.max", "536870912\n", 536_870_912),
        ("memory.max", "max\n", 8_589_934_592),
        ("memory/memory.limit_in_bytes", "268435456\n", 268_435_456),
        ("memory/memory.limit_in_bytes", f"{UNLIMITED_V1}\n", 8_589_934_592),
        ("unrelated", "1\n", 8_589_934_592),
    ],
)
def test_the_container_s_limit_counts_where_it_is_less_than_the_machine_has(
    file: str, text: str, expected: int, tmp_path: Path
) -> None:
    (tmp_path / "cgroup" / "memory").mkdir(parents=True)
    (tmp_path / "cgroup" / file).write_text(text, encoding="ascii")
    (tmp_path / "meminfo").write_text("MemTotal:        8388608 kB\nMemFree:  1 kB\n", encoding="ascii")
    assert memory_limit_bytes(tmp_path / "cgroup", tmp_path / "meminfo") == expected


def test_where_nothing_is_told_there_is_no_limit(tmp_path: Path) -> None:
    assert memory_limit_bytes(tmp_path, tmp_path / "meminfo") is None


def test_a_container_allows_what_is_below_its_limit(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("100000000\n")
    (tmp_path / "memory.current").write_text("90000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 5000000\nactive_file 2\n")
    (tmp_path / "meminfo").write_text("MemTotal: 2000000 kB\nMemAvailable: 1000000 kB\n", encoding="ascii")
    assert free_memory_bytes(tmp_path, tmp_path / "meminfo") == 15_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory_bytes(tmp_path, tmp_path / "meminfo") == 1_024_000_000
    assert free_memory_bytes(tmp_path / "nowhere", tmp_path / "meminfo") == 1_024_000_000
