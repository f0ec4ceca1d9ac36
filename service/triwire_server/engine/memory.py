"""How much memory is free, to size the slots by."""

import ctypes
from pathlib import Path

import torch

SHARE = 0.5
"""Of the free memory, for the slots of running sequences. The rest is for what passes need, caches and other calls."""

_CGROUP = Path("/sys/fs/cgroup")


def free_bytes(device: torch.device) -> int:
    """Bytes that this process may still take on a device: on a CPU what the machine has and the container allows."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    return min(available, _left_in_container(available))


def slot_tokens(device: torch.device, token_bytes: int) -> int:
    """Tokens that the slots may hold by the memory that is free now.

    Args:
        device: where the model runs.
        token_bytes: keys and values of one token, all layers together.
    """
    return max(1, int(free_bytes(device) * SHARE) // token_bytes)


def give_back() -> None:
    """Return to the system what was freed: glibc keeps it, and a start frees more than is asked for later."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _left_in_container(otherwise: int) -> int:
    """Bytes below the limit of the control group (version 2); `otherwise` where there is no limit."""
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        used = int((_CGROUP / "memory.current").read_text(encoding="ascii"))
        inactive = next(
            int(line.split()[1])
            for line in (_CGROUP / "memory.stat").read_text(encoding="ascii").splitlines()
            if line.startswith("inactive_file ")  # file pages that the kernel gives back when asked
        )
    except (OSError, StopIteration, ValueError):
        return otherwise
    return otherwise if limit == "max" else max(0, int(limit) - used + inactive)
