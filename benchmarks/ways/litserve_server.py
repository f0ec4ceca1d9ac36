"""A LitServe server of its own process: dynamic batching over `generate`, as its documentation shows it.

    python benchmarks/ways/litserve_server.py SHAPE PORT THREADS

Waits up to 10 ms for up to 16 requests, then runs them to the end of the longest one. Started by `litserve_way.py`.
"""

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # so that a waiting thread costs no CPU time
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import litserve
import torch

from ways.generate import STATIC_BATCH, run_batch
from ways.models import make_translator
from ways.work import Work

BATCH_SECONDS = 0.01


class TranslatorApi(litserve.LitAPI):  # type: ignore[misc]  # published without types
    """Sources and lengths in, token ids out."""

    def __init__(self, shape: str, threads: int) -> None:
        super().__init__(max_batch_size=STATIC_BATCH, batch_timeout=BATCH_SECONDS)
        self._shape = shape
        self._threads = threads

    def setup(self, device: str) -> None:
        """See the library; runs in the process that predicts."""
        torch.set_num_threads(self._threads)
        self._model = make_translator(self._shape)

    def decode_request(self, request: dict[str, Any], **_: Any) -> Work:
        """One sequence."""
        return Work(request["source"], request["length"])

    def predict(self, batch: list[Work], **_: Any) -> list[list[int]]:
        """All of a batch."""
        return run_batch(self._model, batch)

    def encode_response(self, output: list[int], **_: Any) -> dict[str, Any]:
        """Its tokens."""
        return {"tokens": output}


if __name__ == "__main__":
    server = litserve.LitServer(TranslatorApi(sys.argv[1], int(sys.argv[3])), accelerator="cpu", timeout=False)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning")
