"""How long a server takes until it serves, and how much memory it holds then.

    python benchmarks/startup.py extractive demo
    python benchmarks/startup.py demo --process examples/articles/scraped-page.en.txt

Starts `triwire-server serve` in turns for each profile, waits for SERVING, reads the peak of its resident memory
(VmHWM), lets it process an article if asked to, reads the peak again, and stops it. Medians over the rounds.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profiles", nargs="+", help="names of shipped profiles, or TOML files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--process", type=Path, help="page to summarize before the last look")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    rounds: dict[str, list[dict[str, float]]] = {profile: [] for profile in arguments.profiles}
    for _ in range(arguments.rounds):
        for profile in arguments.profiles:
            rounds[profile].append(measure(profile, arguments.process))
    medians = {
        profile: {name: round(statistics.median(one[name] for one in found), 2) for name in found[0]}
        for profile, found in rounds.items()
    }
    print(json.dumps(medians, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(rounds, indent=2), encoding="utf-8")


def measure(profile: str, page: Path | None) -> dict[str, float]:
    """Seconds and gigabytes (10^9 bytes) of one start."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{listener.getsockname()[1]}"
    command = [str(BIN / "triwire-server"), "serve", "--profile", profile, "--port", target.rsplit(":", 1)[1]]
    environment = os.environ | {"TRIWIRE_METRICS_PORT": "0", "TRIWIRE_SHUTDOWN_WAIT_SECONDS": "0"}
    started = time.monotonic()
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until_serving(server, target)
        figures = {"start_seconds": time.monotonic() - started, "loaded_gb": peak_memory(server.pid)}
        if page is not None:
            triwire = [str(BIN / "triwire"), "--target", target]
            began = time.monotonic()
            subprocess.run(
                [*triwire, "process", str(page), "--summary", "bullets", "--json"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            figures |= {"process_seconds": time.monotonic() - began, "processed_gb": peak_memory(server.pid)}
        return figures
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def wait_until_serving(server: "subprocess.Popen[bytes]", target: str) -> None:
    """Ask the health service every 50 ms."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while server.poll() is None:
            try:
                answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=1, wait_for_ready=True)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            except grpc.RpcError:
                pass
            time.sleep(0.05)
    raise SystemExit(f"the server ended with {server.returncode}; start it by hand to see why")


def peak_memory(pid: int) -> float:
    """Highest resident memory so far, in 10^9 bytes (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e9
    raise SystemExit("this system does not tell the peak of a process's memory")


if __name__ == "__main__":
    main()
