"""How much memory this process may take before the kernel ends it."""

from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
"""Files of a control group's limit, version 2 and version 1."""


def memory_limit_bytes(cgroup: Path = _CGROUP, meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """The limit of the container, or the memory of the machine where that is less; None where neither is told.

    Args:
        cgroup: folder of the control group that the process is in, as a container sees it.
        meminfo: what the kernel says of the machine's memory.
    """
    found = [int(text) for name in _LIMITS if (text := _read(cgroup / name).strip()).isdecimal()]
    found += [int(line.split()[1]) * 1024 for line in _read(meminfo).splitlines() if line.startswith("MemTotal:")]
    return min(found, default=None)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except OSError:
        return ""
