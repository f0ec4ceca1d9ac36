"""The engine's own way: scheduler, model runner and worker over the models of `models.py`.

The two classes here are the only place that knows how the engine decodes a model of the library.
"""

import copy
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from prometheus_client import CollectorRegistry

from triwire_server.engine.model_runner import ModelRunner
from triwire_server.engine.models.attention import use_ragged_attention
from triwire_server.engine.models.base import Prompt, Rows
from triwire_server.engine.models.chat import ChatRows
from triwire_server.engine.models.linear import pack_linears, quantize_linears
from triwire_server.engine.models.seq2seq import Seq2SeqRows, prepare
from triwire_server.engine.scheduler import Scheduler
from triwire_server.engine.sequence import Sequence as EngineSequence
from triwire_server.engine.worker import Worker
from triwire_server.segment import Priority
from triwire_server.telemetry.metrics import Metrics
from ways.models import twin
from ways.work import END, PAD, Work

MODEL = "benchmark"
"""Name under which the engine knows the one model."""

MAX_BATCH_TOKENS = 512
"""As the server's default."""

FORMS = ("plain", "packed", "int8", "bf16")
"""Of the linear layers: as the library has them, packed float32, int8 by row, packed bfloat16."""


class EngineTranslator:
    """An encoder-decoder of the library as the engine decodes it.

    Args:
        model: it stays as it is.
        form: one of `FORMS`.
    """

    def __init__(self, model: Any, form: str) -> None:
        self.model = _own(model, form)
        prepare(self.model, PAD)
        _set_form(self.model, form)

    def new_rows(self) -> Rows:
        """See `Model.new_rows`."""
        return Seq2SeqRows(self.model, torch.device("cpu"), END, [])

    def prompt(self, work: Work) -> Prompt:
        """What the engine is asked for: the output starts with a given token, as a target language does."""
        return Prompt(input_ids=tuple(work.source), max_new_tokens=work.length, forced_ids=(END,), is_padded=False)


class EngineChat:
    """A decoder-only model of the library as the engine decodes it.

    Args:
        model: it stays as it is.
        form: one of `FORMS`, or "as it is" for a model that was converted already.
        shares_prefix: compute the instructions that prompts share once.
    """

    def __init__(self, model: Any, form: str, *, shares_prefix: bool = True) -> None:
        self.model = _own(model, form) if form in FORMS else model
        self._shares_prefix = shares_prefix
        self._prefixes: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._compute_dtype = torch.bfloat16 if form == "bf16" else torch.float32
        use_ragged_attention(self.model)
        if form in FORMS:
            _set_form(self.model, form)

    def new_rows(self) -> Rows:
        """See `Model.new_rows`."""
        return ChatRows(self.model, torch.device("cpu"), self._compute_dtype, self._prefixes)

    def prompt(self, work: Work) -> Prompt:
        """What the engine is asked for."""
        shared = work.shared if self._shares_prefix else 0
        return Prompt(input_ids=tuple(work.source), max_new_tokens=work.length, prefix_length=shared, is_padded=False)

    def forget_prefixes(self) -> None:
        """So that a run pays for the instructions, once, whatever ran before it."""
        self._prefixes.clear()


def _own(model: Any, form: str) -> Any:
    """A model whose modules may be replaced; another type of number is written over its weights."""
    return copy.deepcopy(model) if form == "bf16" else twin(model)


def _set_form(model: Any, form: str) -> None:
    if form == "packed":
        pack_linears(model)
    elif form == "int8":
        quantize_linears(model)
    elif form == "bf16":
        model.to(torch.bfloat16)
        pack_linears(model)


def new_scheduler(slots: int, max_batch_tokens: int = MAX_BATCH_TOKENS) -> Scheduler:
    """A scheduler with the server's defaults but for its slots, and no bound of memory."""
    return Scheduler(
        max_batch_tokens=max_batch_tokens,
        max_batch_sequences=slots,
        max_slot_tokens=1_000_000,
        clock=time.monotonic,
    )


def new_runner(model: "EngineTranslator | EngineChat", slots: int) -> ModelRunner:
    """A runner of the one model."""
    return ModelRunner({MODEL: model}, slots)  # type: ignore[dict-item]  # all that the runner asks for


def new_sequence(
    model: "EngineTranslator | EngineChat",
    work: Work,
    number: int,
    on_finish: Callable[[EngineSequence], None] = lambda sequence: None,
) -> EngineSequence:
    """A sequence of a request of its own."""
    return EngineSequence(
        request_id=str(number),
        model_name=MODEL,
        prompt=model.prompt(work),
        priority=Priority.INTERACTIVE,
        arrival=time.monotonic(),
        on_finish=on_finish,
    )


def run_engine(model: "EngineTranslator | EngineChat", work: Sequence[Work], slots: int) -> list[list[int]]:
    """All of the work, waiting from the start, without the thread and the event loop around the engine.

    Raises:
        Exception: what a sequence failed with.
    """
    if isinstance(model, EngineChat):
        model.forget_prefixes()
    scheduler = new_scheduler(slots)
    runner = new_runner(model, slots)
    sequences = [new_sequence(model, each, number) for number, each in enumerate(work)]
    for sequence in sequences:
        scheduler.add(sequence)
    while (batch := scheduler.schedule()) is not None:
        scheduler.postprocess(batch, runner.run(batch))
    return [outcome(sequence) for sequence in sequences]


def outcome(sequence: EngineSequence) -> list[int]:
    """Tokens of a finished sequence.

    Raises:
        Exception: what it failed with.
    """
    if sequence.error is not None:
        raise sequence.error
    return sequence.token_ids


def start_worker(model: "EngineTranslator | EngineChat", slots: int, on_failure: Callable[[Exception], None]) -> Worker:
    """The thread that serves such sequences."""
    worker = Worker(
        new_scheduler(slots), new_runner(model, slots), Metrics(CollectorRegistry()), time.monotonic, on_failure
    )
    worker.start()
    return worker


def count_prefilled(model: "EngineChat", work: Sequence[Work], slots: int) -> int | None:
    """Tokens that a run reads for its prompts, padding included: all that are embedded, less one for each later token.

    Counted at the embedding, so that nothing the engine says of itself is taken for granted. None: it was not called.
    """
    embedded = 0

    def note(module: Any, inputs: tuple[torch.Tensor, ...]) -> None:
        nonlocal embedded
        embedded += inputs[0].numel()

    hook = model.model.get_input_embeddings().register_forward_pre_hook(note)
    try:
        run_engine(model, work, slots)
    finally:
        hook.remove()
    return embedded - sum(each.length - 1 for each in work) if embedded else None
