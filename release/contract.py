"""Whether the contract that later versions are compared with is the one of this version."""

import runpy
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

RELEASED = "proto/released.binpb"


def contract_faults(tree: Path) -> list[str]:
    """Protos that differ from the contract as released, a line each. Comments do not count.

    Raises:
        RuntimeError: protoc refused a proto; its message is on standard error.
    """
    with TemporaryDirectory() as folder:
        made = Path(folder) / "contract.binpb"
        generate = runpy.run_path(str(tree / "proto" / "generate.py"))
        generate["run_protoc"](f"--descriptor_set_out={made}", "--include_imports")
        now, released = _files(made), _files(tree / RELEASED)
    differing = sorted(name for name in now.keys() | released.keys() if now.get(name) != released.get(name))
    return [f"{name} is not as in {RELEASED}" for name in differing]


def _files(path: Path) -> dict[str, FileDescriptorProto]:
    files = FileDescriptorSet.FromString(path.read_bytes()).file
    for file in files:
        file.ClearField("source_code_info")
        file.DiscardUnknownFields()  # buf's own, which protoc does not write
    return {file.name: file for file in files}
