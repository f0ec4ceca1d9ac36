from typing import Any

from triwire_server.engine.models import attention_kernel


def test_what_is_compiled_is_kept_for_the_next_start() -> None:
    kernel = attention_kernel.attend_for(16)
    assert kernel.stats.cache_path


def test_what_cannot_be_kept_is_compiled_all_the_same() -> None:
    made: dict[str, Any] = {}
    exec("def add(one, two): return one + two", made)  # noqa: S102 - a function without a file, beside which it could be kept
    assert attention_kernel._compiled()(made["add"])(1, 2) == 3
