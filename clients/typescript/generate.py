"""Generates `src/gen` from the protos: the messages, enums and services of the contract as TypeScript.

Run by `make proto` where the packages of this client are installed; a test compares its output with what is committed.
"""

import sys
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from google.rpc import status_pb2
from grpc_tools import protoc

CLIENT = Path(__file__).parent
PROTO_ROOT = CLIENT.parents[1] / "proto"
PLUGIN = CLIENT / "node_modules" / ".bin" / "protoc-gen-es"
# What the contract imports, and the details of errors. Their package has no TypeScript in the registry.
GOOGLE = ("google/rpc/error_details.proto", "google/rpc/status.proto")


def generate(out: Path) -> None:
    """Write the modules into `out`, which is made if it does not exist.

    Raises:
        RuntimeError: protoc refused a proto; its message is on standard error.
    """
    out.mkdir(parents=True, exist_ok=True)
    own = [str(path.relative_to(PROTO_ROOT)) for path in sorted((PROTO_ROOT / "triwire").rglob("*.proto"))]
    common = Path(status_pb2.__file__).parents[2]
    well_known = Path(str(resources.files("grpc_tools"))) / "_proto"
    sources = [f"-I{path}" for path in (PROTO_ROOT, common, well_known)]
    plugin = [f"--plugin=protoc-gen-es={PLUGIN}", f"--es_out={out}", "--es_opt=target=ts,import_extension=js"]
    with TemporaryDirectory() as folder:
        # A descriptor set has no comments, and those of others are not ours to carry.
        bare = f"{folder}/google.binpb"
        _protoc(*sources, "--include_imports", f"--descriptor_set_out={bare}", *GOOGLE)
        _protoc(f"--descriptor_set_in={bare}", *plugin, *GOOGLE)
        _protoc(*sources, *plugin, *own)


def _protoc(*arguments: str) -> None:
    if protoc.main(["protoc", *arguments]) != 0:
        raise RuntimeError("protoc failed")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else CLIENT / "src" / "gen")
