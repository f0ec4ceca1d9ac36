import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.service.doctor.lines import line, lines, settings_of
from triwire_server.doctor.machine import check_clock, check_machine, usable_cores


def test_a_container_s_share_of_time_counts_as_cores(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert usable_cores(tmp_path) == 0.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert usable_cores(tmp_path) == len(os.sched_getaffinity(0))
    assert usable_cores(tmp_path / "nowhere") == len(os.sched_getaffinity(0))


def test_more_threads_than_cores_are_warned_of(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    checks = check_machine(settings_of(torch_threads=64), needs_torch=True, cgroup=tmp_path)
    assert line(checks, "threads") == (
        "warning threads 64 threads would compute on 1 cores, and wait for each other"
        " -> set torch_threads (TRIWIRE_TORCH_THREADS) to 1"
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_wanted_and_not_there_is_a_problem_with_its_reason() -> None:
    found = line(check_machine(settings_of(device="cuda"), needs_torch=True), "gpu")
    reasons = ("this PyTorch was built without CUDA", "there is no driver of NVIDIA here", "the driver does not work")
    assert found.startswith(tuple(f'problem gpu device is "cuda", and {reason}' for reason in reasons))
    assert line(check_machine(settings_of(), needs_torch=True), "gpu").startswith("ok gpu none is used: ")


def test_fewer_descriptors_than_connections_are_warned_of() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limits[0], 1024), limits[1]))
    try:
        found = line(check_machine(settings_of(max_connections=5000), needs_torch=False), "descriptors")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert found == (
        "warning descriptors 1,024 may be open, max_connections is 5,000"
        " -> ulimit -n 5020 before the start (LimitNOFILE= in systemd), or a smaller max_connections"
    )


def test_a_clock_that_is_years_behind_is_a_problem() -> None:
    assert lines([check_clock(0)]) == [
        "problem clock it says 1970-01-01 00:00:00 UTC, which was before this program was installed"
        " -> set it, with chrony or ntpd"
    ]


def test_an_encoding_without_korean_is_warned_of() -> None:
    script = (
        "from tests.service.doctor.lines import line\n"
        "from triwire_server.doctor.machine import check_machine\n"
        "from triwire_server.settings import Settings\n"
        "print(line(check_machine(Settings(), needs_torch=False), 'encoding'))\n"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-X", "utf8=0", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("warning encoding the encoding of files ")
    assert done.stdout.endswith("cannot write Korean and Japanese -> set LANG=C.UTF-8 or PYTHONUTF8=1\n")


def test_a_machine_without_local_models_is_not_asked_for_pytorch() -> None:
    names = [check.name for check in check_machine(settings_of(), needs_torch=False)]
    assert names == ["processor", "memory", "descriptors", "encoding", "clock"]
