"""The library's own continuous batching for decoder-only models (`generate_batch` and its manager).

Its defaults are for a GPU: cache and batch are sized here, or it takes most of the free memory. On a CPU its attention
has to be sdpa. It answers a request that failed with an error and no tokens, which is raised here.
"""

from typing import Any

from transformers import ContinuousBatchingConfig, GenerationConfig

from ways.models import twin
from ways.work import PAD, Work

PAGE_TOKENS = 64
"""Smaller than its default of 256: a row of a news segment fills a page or two."""

MAX_BATCH_TOKENS = 512
ANSWER_SECONDS = 600


class GenerateBatch:
    """A model with a manager that is started anew for each run.

    Args:
        model: decoder-only; it stays as it is.
        slots: requests that run at once.
    """

    def __init__(self, model: Any, slots: int) -> None:
        self._model = twin(model)
        self._model.set_attn_implementation("sdpa")
        self._slots = slots

    def run(self, work: list[Work]) -> list[list[int]]:
        """All of the work, each request with its own length.

        Raises:
            RuntimeError: a request failed, or no answer came.
        """
        longest = max(len(each.source) + each.length for each in work)
        pages = -(-longest // PAGE_TOKENS) + 1
        settings = ContinuousBatchingConfig(
            page_size=PAGE_TOKENS,
            num_blocks=self._slots * pages,
            max_batch_tokens=MAX_BATCH_TOKENS,
            max_requests_per_batch=self._slots,
        )
        generation = GenerationConfig(
            max_new_tokens=max(each.length for each in work), do_sample=False, pad_token_id=PAD, eos_token_id=-1
        )
        outputs: list[list[int]] = [[] for _ in work]
        with self._model.continuous_batching_context_manager(
            generation_config=generation, continuous_batching_config=settings, warmup=False
        ) as manager:
            for number, each in enumerate(work):
                manager.add_request(each.source, request_id=str(number), max_new_tokens=each.length, eos_token_id=-1)
            for _ in work:
                result = manager.get_result(timeout=ANSWER_SECONDS)
                if result is None or result.error is not None:
                    raise RuntimeError(f"generate_batch: {result.error if result else 'no answer'}")
                outputs[int(result.request_id)] = list(result.generated_tokens)
        return outputs
