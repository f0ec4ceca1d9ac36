"""buildah and podman with a store of their own, so that nothing lands in or comes from the machine's."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from triwire_server.settings import Settings

ROOT = Path(__file__).parents[2]
BASE = "localhost/debian-base:bookworm"
IMAGE = "localhost/triwire:test"
TARGET = "127.0.0.1:50051"
"""Every container has a loopback interface of its own, so that the default ports are always free."""

TOOLS = {"buildah": "buildah", "podman": "podman", "runc": "runc", "mmdebstrap": "mmdebstrap", "nsenter": "util-linux"}
"""Programs that the tests call, with their Debian packages."""

# What Kubernetes' restricted profile asks for, with limits that need no further rights to set.
RESTRICTED = ("--read-only", "--tmpfs=/tmp:size=64m", "--cap-drop", "all", "--security-opt", "no-new-privileges")
LIMITS = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")

# Without TLS and tokens the server takes calls from other machines only if it is told to.
OPEN = {
    f"TRIWIRE_{name.upper()}": "true"
    for name in ("allow_plaintext", "allow_anonymous")
    if name in Settings.model_fields
}


def missing() -> str:
    """Why the tests of the image cannot run here; "" if they can."""
    if os.geteuid() != 0:
        return "building a base image needs root"
    absent = [package for program, package in TOOLS.items() if shutil.which(program) is None]
    return f"these Debian packages are not installed: {' '.join(absent)}" if absent else ""


def run(
    command: Sequence[str],
    *,
    check: bool = True,
    timeout: float = 120,
    variables: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> "subprocess.CompletedProcess[str]":
    """Run a command, in the repository unless told otherwise; what it said is in the failure."""
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=folder,
        env={**os.environ, **(variables or {})},
    )
    if check and ended.returncode != 0:
        pytest.fail(f"{' '.join(command)} ended with {ended.returncode}: {ended.stdout[-2000:]}{ended.stderr[-4000:]}")
    return ended


@dataclass(frozen=True)
class Engine:
    """Builds and runs in one store.

    Attributes:
        store: folder of the store.
    """

    store: Path

    @property
    def _options(self) -> list[str]:
        return ["--root", f"{self.store}/storage", "--runroot", f"{self.store}/run", "--storage-driver", "overlay"]

    @property
    def _builder(self) -> str:
        return " ".join(["buildah", *self._options])

    def buildah(self, *arguments: str, check: bool = True) -> str:
        return run(["buildah", *self._options, *arguments], check=check).stdout.strip()

    def podman(self, *arguments: str, check: bool = True, timeout: float = 120) -> "subprocess.CompletedProcess[str]":
        # Neither systemd nor control groups of version 2 are needed.
        host = ["--runtime", str(shutil.which("runc")), "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
        # Where memory runs out its monitor leaves a file "oom" in the folder that it was started in.
        return run(["podman", *self._options, *host, *arguments], check=check, timeout=timeout, folder=self.store)

    def has(self, image: str) -> bool:
        return run(["buildah", *self._options, "inspect", "--type", "image", image], check=False).returncode == 0

    def make_base(self) -> None:
        """A base image of Debian's packages, which takes a minute or two."""
        run(["container/debian-base.sh", BASE], timeout=900, variables={"ENGINE": self._builder})

    def build(self, image: str, *arguments: str) -> None:
        """`make image` for the target cpu on the base of this store.

        Certificates that this machine trusts and wheels that its pip is pointed to are lent to the build.
        """
        lent = ["--isolation", "chroot", *arguments]
        certificates = ssl.get_default_verify_paths().cafile
        if certificates and Path(certificates).is_file():
            lent += ["-v", f"{certificates}:/etc/ssl/certs/ca-certificates.crt:ro"]
        torch_arguments = os.environ.get("CPU_TORCH_ARGS", "")
        wheels = run([sys.executable, "-m", "pip", "config", "get", "global.find-links"], check=False).stdout.strip()
        if not torch_arguments and Path(wheels or "absent").is_dir():
            lent += ["-v", f"{wheels}:/wheels:ro"]
            torch_arguments = "--find-links /wheels"
        variables = {
            "BASE_IMAGE": BASE,
            "BUILD_ARGS": " ".join(lent),
            "CPU_TORCH_ARGS": torch_arguments,
            "ENGINE": self._builder,
            "IMAGE": image,
            "TARGET": "cpu",
        }
        run(["make", "image"], timeout=1800, variables=variables)

    def config(self, image: str = IMAGE) -> dict[str, Any]:
        """Configuration and history of an image, in Docker's format."""
        found: dict[str, Any] = json.loads(self.buildah("inspect", "--type", "image", image))
        return found

    @contextmanager
    def container(
        self, *arguments: str, options: Sequence[str] = (), variables: Mapping[str, str] = OPEN
    ) -> Iterator["Container"]:
        """A container of the image, restricted as in a cluster, with a network of its own; removed at the end."""
        environment = [part for name, text in variables.items() for part in ("--env", f"{name}={text}")]
        flags = [*LIMITS, *RESTRICTED, *options, "--network", "none", *environment]
        identifier = self.podman("run", "--detach", *flags, IMAGE, *arguments).stdout.strip().splitlines()[-1]
        container = Container(self, identifier)
        try:
            yield container
        finally:
            self.podman("rm", "--force", "--volumes", "--time", "0", identifier, check=False)

    def once(self, program: str, *arguments: str, options: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
        """Run a program of the image to its end."""
        flags = ["--rm", *LIMITS, *options, "--network", "none", "--entrypoint", program]
        return self.podman("run", *flags, IMAGE, *arguments, check=False)

    def remove(self) -> None:
        """Take the store away."""
        self.podman("rm", "--all", "--force", "--time", "0", check=False)
        self.buildah("rm", "--all", check=False)
        run(["umount", f"{self.store}/storage/overlay"], check=False)
        shutil.rmtree(self.store, ignore_errors=True)


@dataclass(frozen=True)
class Container:
    """A running container."""

    engine: Engine
    identifier: str

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.engine.podman("inspect", self.identifier).stdout)[0]["State"]
        return found

    def logs(self) -> str:
        ended = self.engine.podman("logs", self.identifier)
        return ended.stdout + ended.stderr

    def execute(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in it."""
        return self.engine.podman("exec", self.identifier, *command, check=False)

    def is_healthy(self) -> bool:
        """Run the image's HEALTHCHECK now."""
        return self.engine.podman("healthcheck", "run", self.identifier, check=False).returncode == 0

    def wait_until_healthy(self, seconds: float = 90) -> float:
        """Wait for its HEALTHCHECK; gives the seconds that it took."""
        started = time.monotonic()
        while not self.is_healthy():
            state = self.state()
            if state["Status"] != "running":
                pytest.fail(f"it ended with {state['ExitCode']}: {self.logs()}")
            if time.monotonic() - started > seconds:
                pytest.fail(f"it is not healthy after {seconds} seconds: {self.logs()}")
            time.sleep(0.2)
        return time.monotonic() - started

    def client(self, *arguments: str) -> list[str]:
        """Command line of the `triwire` command on this machine in the network of the container."""
        network = f"--net=/proc/{self.state()['Pid']}/ns/net"
        return ["nsenter", network, sys.executable, "-m", "triwire_client.cli", "--target", TARGET, *arguments]

    def call(self, *arguments: str) -> str:
        """What the `triwire` command prints."""
        return run(self.client(*arguments)).stdout

    def stop(self, seconds: int = 60) -> int:
        """SIGTERM, after some seconds SIGKILL; gives the exit code."""
        self.engine.podman("stop", "--time", str(seconds), self.identifier, timeout=seconds + 60)
        return int(self.state()["ExitCode"])

    def wait(self) -> int:
        """Wait for its end; gives the exit code."""
        self.engine.podman("wait", self.identifier, check=False)
        return int(self.state()["ExitCode"])


def make_store() -> Path:
    """A folder for a store: a fresh one, or the one that IMAGE_STORE names, which is kept for the next run."""
    kept = os.environ.get("IMAGE_STORE")
    return Path(kept) if kept else Path(tempfile.mkdtemp(prefix="triwire-image-"))
