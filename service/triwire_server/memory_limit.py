"""How much memory this process may take before the kernel ends it, and how much of it is free."""

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


def free_memory_bytes(cgroup: Path = _CGROUP, meminfo: Path = Path("/proc/meminfo")) -> int:
    """Bytes that this process may still take: what the machine has and the container allows."""
    lines = _read(meminfo).splitlines()
    available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    return min(available, _left_in_container(cgroup, available))


def _left_in_container(cgroup: Path, otherwise: int) -> int:
    """Bytes below the limit of the control group (version 2); `otherwise` where there is no limit."""
    try:
        limit = (cgroup / "memory.max").read_text(encoding="ascii").strip()
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
        inactive = next(
            int(line.split()[1])
            for line in (cgroup / "memory.stat").read_text(encoding="ascii").splitlines()
            if line.startswith("inactive_file ")  # file pages that the kernel gives back when asked
        )
    except (OSError, StopIteration, ValueError):
        return otherwise
    return otherwise if limit == "max" else max(0, int(limit) - used + inactive)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except OSError:
        return ""
