"""Run by other Pythons: every module of the client is imported, and what needs no connection is used.

gRPC has a compiled core that these Pythons do not have. Names of it stand in, so that the modules are what they are.
"""

import copy
import enum
import importlib
import pathlib
import pickle
import sys
import types
from typing import Any

sys.path[:0] = ["/client", "/contract"]
sys.path.append("/packages")
EXTRAS = ("pyarrow", "rich", "typer")
"""What belongs to the command and to extras; a module that needs it is compiled and not imported."""
sys.modules.update(dict.fromkeys(EXTRAS))  # type: ignore[arg-type]  # None: not to be found


class StandIn(types.ModuleType):
    """A module in which every name is a class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


CODES = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]
StatusCode = enum.Enum("StatusCode", [(name, (number, "")) for number, name in enumerate(CODES)])  # type: ignore[misc]  # the tables of gRPC, which is not here

for name in ("grpc", "grpc.aio", "grpc.experimental", "grpc._utilities", "grpc_status", "grpc_status.rpc_status"):
    sys.modules[name] = StandIn(name)
    if "." in name:
        setattr(sys.modules[name.partition(".")[0]], name.partition(".")[2], sys.modules[name])
grpc: Any = sys.modules["grpc"]
grpc.__version__, grpc.StatusCode = "1.999", StatusCode
grpc._utilities.first_version_is_lower = lambda one, other: False

root = pathlib.Path("/client/triwire_client")
imported = 0
for path in sorted(root.rglob("*.py")):
    module = ".".join(("triwire_client", *path.relative_to(root).with_suffix("").parts))
    compile(path.read_text(encoding="utf-8"), str(path), "exec")
    try:
        importlib.import_module(module.removesuffix(".__init__"))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRAS:
            raise
    else:
        imported += 1

from google.protobuf import json_format  # noqa: E402 - found by the paths above

import triwire_client  # noqa: E402 - the same
from triwire.v1.article_service_pb2 import ProcessArticleResponse  # noqa: E402 - the same
from triwire_client import BatchResult, Result, errors  # noqa: E402 - the same

for name in triwire_client.__all__:
    getattr(triwire_client, name)
stored = pathlib.Path("/examples/review/observatory.json").read_text(encoding="utf-8")
result = Result(json_format.Parse(stored, ProcessArticleResponse()))
full = errors.QueueFullError("full", retry_delay=2.5)
full.add_note("a note")
pickled = pickle.dumps((result, copy.copy(full), BatchResult("a", None, full)))
again, copied, answer = pickle.loads(pickled)  # noqa: S301 - made here
facts = [
    again == copy.deepcopy(result) == result,
    again.findings == result.findings,
    vars(copied) == vars(answer.error) == vars(full),
    answer.error.__notes__ == ["a note"],
]
written = [result.to_markdown("ko"), result.to_html("ja"), result._repr_html_(), result.to_review_page()]
print(*sys.version_info[:2], all(facts), imported >= 30, [len(text) for text in written])  # noqa: T201 - read by the test
