"""The examples of the TypeScript client's pages: compiled as strictly as the client, and run."""

import json
import shutil
from pathlib import Path

from tests.clients.typescript.conftest import CLIENT, compile_client, node
from tests.docs.markdown import texts

PAGES = ("clients/typescript/README.md", "docs/typescript.md")


def test_the_examples_compile_and_run(packages: Path, tiny_server: str) -> None:
    compile_client()
    folder = CLIENT / "build" / "examples"  # inside the client, whose name the examples import
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = []
    for page in PAGES:
        sources = texts(page, "ts")
        assert sources, page
        for number, source in enumerate(sources):
            names.append(f"{Path(page).stem.lower()}-{number}")
            (folder / f"{names[-1]}.ts").write_text(source, encoding="utf-8")
    options = {"rootDir": ".", "outDir": "out"}
    configuration = {"extends": "../../tsconfig.json", "compilerOptions": options, "include": ["*.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(configuration), encoding="utf-8")
    compile_client("-p", str(folder / "tsconfig.json"))
    for name in names:
        done = node(str(folder / "out" / f"{name}.js"), TRIWIRE_TARGET=tiny_server)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert done.stdout.strip(), name
