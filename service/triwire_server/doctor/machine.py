"""The machine: processors, memory, GPU, clock, and what the system allows a process."""

import importlib.util
import locale
import math
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from triwire_server.doctor.checks import Check, ok, problem, warning
from triwire_server.memory_limit import free_memory_bytes, memory_limit_bytes
from triwire_server.settings import Settings

OTHER_DESCRIPTORS = 20
"""What an idle server holds besides its connections."""

_CGROUP = Path("/sys/fs/cgroup")
_DRIVER = Path("/proc/driver/nvidia/version")
_DAY_SECONDS = 86_400


def usable_cores(cgroup: Path = _CGROUP) -> float:
    """Cores that this process may use: those it may run on, or the share of time that its container has."""
    cores = float(len(os.sched_getaffinity(0)))
    try:
        quota, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else min(cores, int(quota) / int(period))


def check_machine(settings: Settings, *, needs_torch: bool, cgroup: Path = _CGROUP) -> Iterator[Check]:
    """All of it.

    Args:
        settings: of the server.
        needs_torch: whether models run here.
        cgroup: folder of the control group that the process is in.
    """
    cores = usable_cores(cgroup)
    yield ok("processor", f"{_processor()}, {cores:g} of {os.cpu_count()} cores usable")
    if needs_torch and importlib.util.find_spec("torch") is not None:
        yield from _check_torch(settings, cores)
    yield _check_memory()
    yield _check_descriptors(settings)
    yield _check_encoding()
    yield check_clock(time.time())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return os.uname().machine
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else os.uname().machine


def _check_torch(settings: Settings, cores: float) -> Iterator[Check]:
    import torch

    capability = torch.backends.cpu.get_cpu_capability()
    if capability == "DEFAULT":
        detail = "PyTorch finds neither AVX2 nor anything better"
        yield warning("instructions", detail, "models run, slowly; another kind of machine is faster")
    else:
        yield ok("instructions", f"PyTorch uses {capability}")
    threads = settings.torch_threads or torch.get_num_threads()
    if threads > math.ceil(cores):
        yield warning(
            "threads",
            f"{threads} threads would compute on {cores:g} cores, and wait for each other",
            f"set torch_threads (TRIWIRE_TORCH_THREADS) to {max(1, int(cores))}",
        )
    else:
        yield ok("threads", f"{threads} compute")
    yield _check_gpu(settings.device)


def _check_gpu(device: str) -> Check:
    import torch

    if not torch.cuda.is_available():
        reason = _why_no_gpu()
        if device.startswith("cuda"):
            return problem("gpu", f'device is "{device}", and {reason}', 'set device to "cpu" or "auto", or mend that')
        return ok("gpu", f"none is used: {reason}")
    number = int(device.partition(":")[2] or 0)
    if number >= torch.cuda.device_count():
        remedy = f"name one below cuda:{torch.cuda.device_count()}"
        return problem("gpu", f'device is "{device}", and there are {torch.cuda.device_count()}', remedy)
    free, total = torch.cuda.mem_get_info(number)
    driver = _DRIVER.read_text(encoding="utf-8").split("\n")[0] if _DRIVER.is_file() else "driver unknown"
    name = torch.cuda.get_device_name(number)
    return ok("gpu", f"{name}, {free / 1e9:.1f} of {total / 1e9:.1f} GB free, CUDA {torch.version.cuda}, {driver}")


def _why_no_gpu() -> str:
    import torch

    if torch.version.cuda is None:
        return "this PyTorch was built without CUDA"
    if not _DRIVER.is_file():
        return "there is no driver of NVIDIA here"
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return f"CUDA_VISIBLE_DEVICES is {os.environ['CUDA_VISIBLE_DEVICES']!r}"
    return f"the driver does not work with CUDA {torch.version.cuda}"


def _check_memory() -> Check:
    limit = memory_limit_bytes()
    free = free_memory_bytes()
    if limit is None:
        return ok("memory", f"{free / 1e9:.1f} GB free")
    return ok("memory", f"{free / 1e9:.1f} of {limit / 1e9:.1f} GB free, the container's limit counted")


def _check_descriptors(settings: Settings) -> Check:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.max_connections + OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        return warning(
            "descriptors",
            f"{soft:,} may be open, max_connections is {settings.max_connections:,}",
            f"ulimit -n {wanted} before the start (LimitNOFILE= in systemd), or a smaller max_connections",
        )
    shown = "any number" if soft == resource.RLIM_INFINITY else f"{soft:,}"
    return ok("descriptors", f"{shown} may be open, for {settings.max_connections:,} connections")


def _check_encoding() -> Check:
    found = {"of files": sys.getfilesystemencoding(), "of the locale": locale.getencoding()}
    wrong = [f"{name} {encoding}" for name, encoding in found.items() if encoding.lower() not in ("utf-8", "utf8")]
    if wrong:
        detail = f"the encoding {' and '.join(wrong)} cannot write Korean and Japanese"
        return warning("encoding", detail, "set LANG=C.UTF-8 or PYTHONUTF8=1")
    return ok("encoding", "UTF-8")


def check_clock(now: float) -> Check:
    """Whether the time can be right: this program cannot have been installed in the future.

    Args:
        now: seconds since 1970.
    """
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now + _DAY_SECONDS < Path(__file__).stat().st_mtime:
        return problem(
            "clock", f"it says {shown}, which was before this program was installed", "set it, with chrony or ntpd"
        )
    return ok("clock", shown)
