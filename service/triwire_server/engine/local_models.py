"""Runs segments on the models that this machine's device has: into tokens, through the device's thread, into text."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from triwire_server.engine.in_flight import Result, Work
from triwire_server.engine.models.base import Model, Prompt
from triwire_server.engine.sequence import Sequence
from triwire_server.engine.worker import Worker
from triwire_server.errors import DeadlineExceeded, InferenceFailed
from triwire_server.segment import Output, Timing

_TOKENIZER_THREADS = 2


class LocalModels:
    """The loaded models, their tokenizers on threads of their own. Used on the event loop.

    Args:
        models: by full name.
        worker: the device's thread.
        clock: monotonic seconds.
        is_healthy: whether the device is there.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        worker: Worker,
        clock: Callable[[], float],
        is_healthy: Callable[[], bool],
    ) -> None:
        self._models = models
        self._worker = worker
        self._clock = clock
        self._is_healthy = is_healthy
        self._tokenizers = ThreadPoolExecutor(_TOKENIZER_THREADS, thread_name_prefix="triwire-tokenizer")

    def close(self) -> None:
        """End the tokenizers' threads."""
        self._tokenizers.shutdown()

    async def run(self, work: Work) -> Result:
        """What a model makes of a segment.

        Raises:
            DeadlineExceeded: nobody has time for it any more.
            InferenceFailed: of this segment, or the device is lost.
        """
        model = self._models[work.model_name]
        loop = asyncio.get_running_loop()
        prompt: Prompt = await loop.run_in_executor(self._tokenizers, model.encode, work.segment)
        sequence = await self._ended(work, prompt)
        text = await loop.run_in_executor(self._tokenizers, model.decode, work.segment, sequence.token_ids)
        output = Output(
            text=text,
            input_tokens=len(prompt.input_ids),
            output_tokens=len(sequence.token_ids),
            truncated=not prompt.is_complete(sequence.token_ids),
            timing=_timing(sequence),
        )
        return Result(output, sequence.started)

    async def _ended(self, work: Work, prompt: Prompt) -> Sequence:
        """The sequence of a prompt, once it has ended well."""
        while True:
            if not self._is_healthy():
                raise InferenceFailed("the device was lost")
            sequence, done = work.hand_over(partial(Sequence, prompt=prompt), self._worker, self._clock())
            self._worker.submit(sequence)
            await done
            if sequence.error is None:
                return sequence
            # Someone with more time may have come just when it was dropped; everyone's own deadline is kept elsewhere.
            deadline = work.deadline
            is_wanted = deadline is None or deadline > self._clock()
            if not (isinstance(sequence.error, DeadlineExceeded) and is_wanted):
                raise sequence.error


def _timing(sequence: Sequence) -> Timing | None:
    """When the device worked on a sequence; None: it never did."""
    if sequence.started is None or sequence.prefilled is None or sequence.last_step is None:
        return None
    return Timing(
        arrived=sequence.arrival,
        started=sequence.started,
        prefilled=sequence.prefilled,
        finished=sequence.last_step,
    )
