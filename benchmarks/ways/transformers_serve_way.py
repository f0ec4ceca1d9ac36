"""`transformers serve --continuous-batching` as a process of its own, asked over HTTP on the loopback address.

It takes text, and `max_tokens` for each request. To make it comparable the checkpoint has a tokenizer in which every
token id is a word of its own, so that it reads the very ids that the other ways read, and no end token, so that every
request is written to its own length. Its answers are read back into ids and compared like all others.
"""

import http.client
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, models
from transformers import GenerationConfig, PreTrainedTokenizerFast

from ways.generate_batch_way import MAX_BATCH_TOKENS, PAGE_TOKENS
from ways.http_clients import is_healthy, post, run_clients
from ways.processes import ServerProcess, free_port
from ways.work import END, PAD, Work

_CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
"""Asked for by the chat endpoint alone, which is not used: it would put tokens around the prompt."""


class TransformersServe:
    """A server with a checkpoint of the model.

    Args:
        model: decoder-only, in float32.
        threads: for computing.
        slots: requests under way at any time, and pages of cache for as many.
        longest: tokens of the longest request, its output included.

    Raises:
        RuntimeError: it did not start.
    """

    def __init__(self, model: Any, threads: int, slots: int, longest: int) -> None:
        self._directory = tempfile.TemporaryDirectory()
        save_checkpoint(model, Path(self._directory.name))
        self._port = free_port()
        self._slots = slots
        pages = -(-longest // PAGE_TOKENS) + 1
        command = [sys.executable, "-m", "transformers.cli.transformers", "serve", self._directory.name]
        command += ["--continuous-batching", "--attn-implementation", "sdpa", "--device", "cpu", "--dtype", "float32"]
        command += ["--cb-block-size", str(PAGE_TOKENS), "--cb-num-blocks", str(slots * pages)]
        command += ["--cb-max-batch-tokens", str(MAX_BATCH_TOKENS)]
        command += ["--host", "127.0.0.1", "--port", str(self._port), "--log-level", "error"]
        environment = {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
        self.process = ServerProcess(command, lambda: is_healthy(self._port), environment=environment)

    def run(self, work: list[Work]) -> list[list[int]]:
        """All of the work, in its order."""
        return run_clients(self._port, work, self._slots, self._ask)

    def _ask(self, connection: http.client.HTTPConnection, work: Work) -> list[int]:
        answer = post(
            connection,
            "/v1/completions",
            {
                "model": self._directory.name,
                "prompt": "".join(f"<{token}>" for token in work.source),
                "max_tokens": work.length,
                "temperature": 0,
            },
        )
        read, written = answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]
        if (read, written) != (len(work.source), work.length):
            raise RuntimeError(f"transformers serve read {read} and wrote {written} tokens of another number")
        return [int(number) for number in re.findall(r"\d+", answer["choices"][0]["text"])]


def save_checkpoint(model: Any, directory: Path) -> None:
    """Write a model with a tokenizer in which id 7 is the word "<7>".

    The library reads the text of a Qwen2 with its own rules whatever the tokenizer's file says; words that were added
    to a vocabulary are found before those rules apply.
    """
    words = [f"<{number}>" for number in range(model.config.vocab_size)]
    tokenizer = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, []))
    tokenizer.add_tokens([AddedToken(word, normalized=False, special=False) for word in words])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=words[PAD], eos_token=words[END])
    fast.chat_template = _CHAT_TEMPLATE
    fast.save_pretrained(directory)
    published = model.generation_config
    model.generation_config = GenerationConfig(do_sample=False, pad_token_id=PAD, eos_token_id=None)
    try:
        model.save_pretrained(directory)
    finally:
        model.generation_config = published
