"""Generates `proto/gen/triwire/v1` from the protos: message modules, service modules and their type stubs.

Run by `make proto`; a test compares its output with what is committed.
"""

import sys
from importlib import resources
from pathlib import Path

from google.rpc import status_pb2
from grpc_tools import protoc

PROTO_ROOT = Path(__file__).parent


def generate(out: Path) -> None:
    """Write the modules of every proto below `proto/triwire` into `out`.

    Args:
        out: the source root that is to hold the `triwire` package. Made if it does not exist.

    Raises:
        RuntimeError: protoc refused a proto; its message is on standard error.
    """
    out.mkdir(parents=True, exist_ok=True)
    plugins = Path(sys.executable).parent
    run_protoc(
        f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
        f"--python_out={out}",
        f"--grpc_python_out={out}",
        f"--mypy_out=quiet:{out}",
        f"--mypy_grpc_out=quiet:{out}",
    )
    # `triwire` is a namespace package: the marker of a package with types stands in what lies in it (PEP 561).
    (out / "triwire" / "v1" / "py.typed").touch()


def run_protoc(*arguments: str) -> None:
    """Run protoc on every proto below `proto/triwire`.

    Args:
        arguments: what it is to make, as flags.

    Raises:
        RuntimeError: protoc refused a proto; its message is on standard error.
    """
    # google/rpc/status.proto comes from googleapis-common-protos, google/protobuf/*.proto from grpcio-tools.
    common = Path(status_pb2.__file__).parents[2]
    well_known = Path(str(resources.files("grpc_tools"))) / "_proto"
    includes = [f"-I{path}" for path in (PROTO_ROOT, common, well_known)]
    protos = [str(path.relative_to(PROTO_ROOT)) for path in sorted((PROTO_ROOT / "triwire").rglob("*.proto"))]
    if protoc.main(["protoc", *includes, *arguments, *protos]) != 0:
        raise RuntimeError("protoc failed")


if __name__ == "__main__":
    generate(PROTO_ROOT / "gen")
