"""What is installed from the archives does its work: each in an environment of its own, against one server."""

import json
import re
import sys
from functools import partial
from pathlib import Path

from release.environments import Environment, Server, clean_variables, server
from release.report import CheckFailed, Command, Report, run

CLIENT = {"triwire", "googleapis-common-protos", "grpcio", "grpcio-status", "protobuf", "typing_extensions"}
"""All that the client brings: itself, its four dependencies, and what grpcio asks for."""

_PAGE = "The harbour of Westmere opened again on Monday after repairs that took two years."

_CALL = """
import sys
from triwire_client import SyncClient

with SyncClient(sys.argv[1]) as client:
    print(client.detect_language(sys.argv[2]).languages[0].language)
"""

_TYPED_CALLER = """
from triwire.v1 import article_service_pb2
from triwire_client import SyncClient


def call(client: SyncClient) -> article_service_pb2.DetectLanguageResponse:
    return client.detect_language("text", nonsense=True)
"""

_NODE_CALL = """
import { TriwireClient, text } from "triwire-client";

const client = new TriwireClient({ target: process.argv[2] });
const { languages } = await client.detectLanguage({ content: text(process.argv[3]) });
console.log(languages[0].language);
client.close();
"""


class Installed:
    """Checks of what is installed, in folders below one."""

    def __init__(self, wheel: Path, tree: Path, folder: Path, version: str) -> None:
        """Nothing is installed yet.

        Args:
            wheel: what is installed.
            tree: a clean copy of the repository.
            folder: an empty one.
            version: that everything has to say.
        """
        self._wheel = wheel
        self._tree = tree
        self._folder = folder
        self._version = version

    def check(self, report: Report) -> None:
        """Install all, call a server with each client, and end it."""
        full = Environment(self._folder / "server")
        report.check("[server]: installs", partial(self._install, full, "server"))
        report.check("[server]: versions", partial(self._check_server_version, full))
        with server(full, self._folder / "running") as running:
            report.check("[server]: starts", running.start)
            self._check_client(report, running)
            self._check_command(report, running)
            report.check("npm package", partial(self._check_npm, running))
            report.check("[server]: drains", running.drain)
        self._check_remote(report)

    def _install(self, environment: Environment, extra: str) -> str:
        packages = environment.install(self._wheel, self._tree / "constraints.txt", extra).split()
        return f"{len(packages)} packages"

    def _check_client(self, report: Report, running: Server) -> None:
        client = Environment(self._folder / "client")
        report.check("client: brings its dependencies alone", partial(self._install_client, client))
        report.check(
            "client: calls the server", lambda: english(client.run("python", "-c", _CALL, running.target, _PAGE))
        )
        report.check("client: has types", partial(self._check_types, client))

    def _install_client(self, client: Environment) -> str:
        packages = client.install(self._wheel, self._tree / "constraints.txt")
        if found := sorted({package.partition("==")[0] for package in packages.split()} ^ CLIENT):
            raise CheckFailed(f"also, or not: {', '.join(found)}")
        return packages

    def _check_types(self, client: Environment) -> str:
        """A type checker knows the calls: a wrong one is an error, and the only one."""
        (self._folder / "caller.py").write_text(_TYPED_CALLER, encoding="utf-8")
        command: Command = [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--python-executable",
            client.program("python"),
            "caller.py",
        ]
        try:
            said = run(command, self._folder, clean_variables())
        except CheckFailed as failed:
            said = str(failed)
        errors = re.findall(r"^ *caller\.py:\d+: error: (.*)$", said, re.M)
        if len(errors) != 1 or '"nonsense"' not in errors[0]:
            raise CheckFailed(said)
        return "a wrong argument is an error of mypy"

    def _check_command(self, report: Report, running: Server) -> None:
        command = Environment(self._folder / "cli")
        report.check("[cli]: installs", partial(self._install, command, "cli"))
        report.check("[cli]: says what it can", lambda: first_line(command.run("triwire", "--help")))
        report.check("[cli]: version", lambda: self._same(command.run("triwire", "--version").removeprefix("triwire ")))
        report.check("[cli]: calls the server", partial(self._extract, command, running.target))

    def _extract(self, command: Environment, target: str) -> str:
        page = self._folder / "page.txt"
        page.write_text(_PAGE, encoding="utf-8")
        answer = json.loads(command.run("triwire", "--target", target, "--json", "extract", page))
        if _PAGE not in json.dumps(answer):
            raise CheckFailed(f"answers {answer}")
        return "extract gives the text of a page"

    def _check_server_version(self, full: Environment) -> str:
        said = {full.run("triwire-server", "--version").strip()}
        said.add(full.run("python", "-c", "from importlib.metadata import version; print(version('triwire'))").strip())
        doctor = full.run("triwire-server", "doctor", "--profile", "extractive", "--json", HOME=str(self._folder))
        said.add(json.loads(doctor)["version"])
        return self._same(" ".join(sorted(said)))

    def _same(self, said: str) -> str:
        if said.strip() != self._version:
            raise CheckFailed(f"says {said.strip()}")
        return said.strip()

    def _check_npm(self, running: Server) -> str:
        source = self._tree / "clients" / "typescript"
        variables = clean_variables()
        run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], source, variables)
        run(["npm", "run", "--silent", "build"], source, variables)
        packed = json.loads(run(["npm", "pack", "--json", "--pack-destination", self._folder], source, variables))
        check_npm_files([file["path"] for file in packed[0]["files"]], source)
        self._same(packed[0]["version"])
        caller = self._folder / "npm"
        caller.mkdir()
        (caller / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
        (caller / "call.mjs").write_text(_NODE_CALL, encoding="utf-8")
        archive = self._folder / packed[0]["filename"]
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", archive], caller, variables)
        english(run(["node", "call.mjs", running.target, _PAGE], caller, variables, seconds=60))
        return f"{archive.name}, {len(packed[0]['files'])} files; installed alone it calls the server"

    def _check_remote(self, report: Report) -> None:
        remote = Environment(self._folder / "remote")
        report.check("[remote]: installs", partial(self._install, remote, "remote"))
        report.check("[remote]: has no PyTorch", partial(self._check_no_torch, remote))
        with server(remote, self._folder / "remote-running") as running:
            report.check("[remote]: starts", running.start)
            report.check("[remote]: drains", running.drain)

    def _check_no_torch(self, remote: Environment) -> str:
        said = remote.run("python", "-c", "import importlib.util as u; print(u.find_spec('torch'))")
        if said.strip() != "None":
            raise CheckFailed(said.strip())
        return "right"


def check_npm_files(packed: list[str], source: Path) -> None:
    """Raise unless a packed npm package is each module of the source, compiled and typed, and what tells of it.

    Args:
        packed: names of its files.
        source: folder of the package in the tree.
    """
    modules = [path.relative_to(source / "src").with_suffix("") for path in (source / "src").rglob("*.ts")]
    wanted = {f"dist/{module.as_posix()}{suffix}" for module in modules for suffix in (".js", ".d.ts")}
    if found := sorted(set(packed) ^ (wanted | {"LICENSE", "README.md", "package.json"})):
        raise CheckFailed(f"also, or not: {', '.join(found)}")


def english(said: str) -> str:
    """What is told of an answer to `DetectLanguage` that is right."""
    if said.strip() != "en":
        raise CheckFailed(f"answers {said.strip() or 'nothing'}")
    return "DetectLanguage answers en"


def first_line(text: str) -> str:
    """The first line that is not empty."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "nothing")
