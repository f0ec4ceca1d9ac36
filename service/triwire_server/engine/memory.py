"""Memory: how much is free, for how many tokens of slots that is, and how freed blocks go back to the system."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from prometheus_client import Gauge

from triwire_server.memory_limit import free_memory_bytes
from triwire_server.telemetry.metrics import Metrics

SHARE = 0.5
"""Of the free memory, for the slots of running sequences. The rest is for what passes need, caches and other calls."""

# Options of mallopt (malloc.h), and the size up to which glibc learns to keep blocks (DEFAULT_MMAP_THRESHOLD_MAX).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MOST_KEPT = 32 << 20


def free_bytes(device: torch.device) -> int:
    """Bytes that this process may still take on a device: on a CPU what the machine has and the container allows."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free
    return free_memory_bytes()


def tell_device_memory(metrics: Metrics, device: torch.device) -> None:
    """Have the memory of a GPU read whenever the metrics are; a CPU has none of its own."""
    if device.type != "cuda":
        return
    name = str(device)
    readings: tuple[tuple[Gauge, Callable[[], float]], ...] = (
        (metrics.device_memory_allocated_bytes, lambda: torch.cuda.memory_allocated(device)),
        (metrics.device_memory_reserved_bytes, lambda: torch.cuda.memory_reserved(device)),
        (metrics.device_memory_free_bytes, lambda: torch.cuda.mem_get_info(device)[0]),
        (metrics.device_memory_size_bytes, lambda: torch.cuda.mem_get_info(device)[1]),
    )
    for gauge, read in readings:
        gauge.labels(name).set_function(read)


def slot_tokens(device: torch.device, token_bytes: int) -> int:
    """Tokens that the slots may hold by the memory that is free now.

    Args:
        device: where the model runs.
        token_bytes: keys and values of one token, all layers together.
    """
    return max(1, int(free_bytes(device) * SHARE) // token_bytes)


@contextmanager
def freed_at_once() -> Iterator[None]:
    """Return large blocks to the system as soon as they are freed, as glibc can: it learns to keep them otherwise.

    Loading frees as many bytes as a model has, in pieces. Later the same sizes come back at every step, and are kept.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        # Another C library, which has no such habits.
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, 1 << 20)
    try:
        yield
    finally:
        library.mallopt(_MMAP_THRESHOLD, _MOST_KEPT)
        library.mallopt(_TRIM_THRESHOLD, 2 * _MOST_KEPT)
        library.malloc_trim(0)
