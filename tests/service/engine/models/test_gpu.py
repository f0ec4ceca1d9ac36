"""What a GPU has to show: run `pytest -m gpu` on a machine with one."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.service.engine.models.reference import library_output, make_spec, mixed_translations
from tests.service.engine.models.test_chat import load_chat, mixed_segments
from tests.tiny_models import save_chat, save_m2m100, save_t5
from triwire_server.engine.models.base import Model
from triwire_server.engine.models.registry import load_model
from triwire_server.engine.models.rows import CachedRows

pytestmark = pytest.mark.gpu

CUDA = torch.device("cuda")


def load_on_gpu(architecture: str, directory: Path, dtype: str, **fields: object) -> Model:
    return load_model(make_spec(architecture, directory, dtype=dtype, **fields), directory, CUDA)


@pytest.fixture(scope="module")
def m2m100(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("m2m100")
    save_m2m100(path)
    return path


def test_float32_reads_as_the_library_does_on_a_cpu(m2m100: Path) -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    model = load_on_gpu("m2m100", m2m100, "float32")
    prompts = [model.encode(segment) for segment in mixed_translations()]
    searches = [replace(prompt, num_beams=4) for prompt in prompts]
    expected = [library_output(m2m100, prompt) for prompt in (*prompts, *searches)]
    assert model.generate([*prompts, *searches]) == expected


def test_relative_positions_read_as_the_library_does_on_a_cpu(tmp_path: Path) -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    save_t5(tmp_path, family="madlad")
    model = load_on_gpu("t5", tmp_path, "float32", source_prefix="<2{target}> ")
    prompts = [model.encode(segment) for segment in mixed_translations()]
    assert model.generate(prompts) == [library_output(tmp_path, prompt) for prompt in prompts]


def test_steps_are_replayed(m2m100: Path) -> None:
    model = load_on_gpu("m2m100", m2m100, "float32")
    rows = model.new_rows()
    assert isinstance(rows, CachedRows)
    rows.add({0: model.encode(mixed_translations()[0])})
    for _ in range(4):
        rows.step()
    assert rows._graphs is not None
    assert len(rows._graphs._recorded) == 1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_writes_what_it_wrote_alone(m2m100: Path, dtype: str) -> None:
    model = load_on_gpu("m2m100", m2m100, dtype)
    prompts = [model.encode(segment) for segment in mixed_translations()]
    alone = [model.generate([prompt])[0] for prompt in prompts]
    together = model.generate(prompts)
    # A product of other shape may round otherwise, and random weights make that matter.
    assert sum(one[:3] == other[:3] for one, other in zip(alone, together, strict=True)) >= len(prompts) - 1


def test_a_chat_model_writes_what_it_does_on_a_cpu(tmp_path: Path) -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    save_chat(tmp_path)
    on_cpu = load_chat(tmp_path)
    on_gpu = load_model(on_cpu.spec.model_copy(update={"dtype": "float32"}), tmp_path, CUDA)  # type: ignore[attr-defined]  # every loaded model has it
    prompts = [on_cpu.encode(segment) for segment in mixed_segments()]
    assert on_gpu.generate(prompts) == on_cpu.generate(prompts)
