import tomllib
from pathlib import Path
from typing import Any

import pytest

from triwire_server.engine.models.registry import ARCHITECTURES
from triwire_server.profiles.profile import SHIPPED_PROFILES, OutputLimit, ProfileError, load_profile, shipped_profiles
from triwire_server.profiles.sources import DirectorySource, HuggingFaceSource
from triwire_server.segment import Register, Segment, SummarySpec, SummaryStyle, Task

GOOD = """
name = "news"
description = "For tests."

[[models]]
name = "translator"
version = "1"
architecture = "t5"
tasks = ["translation"]
language_pairs = [["en", "ko"]]
source_prefix = "<2{target}> "
language_codes = { ko = "kor" }
license = "MIT"
source = { kind = "directory", path = "weights" }

[[models]]
name = "writer"
version = "2"
architecture = "chat"
tasks = ["translation", "summarization"]
language_pairs = [["ko", "en"]]
summary_languages = [["en", "en"]]
license = "Apache-2.0"
registers = ["news", "polite"]
source = { kind = "huggingface", repository = "owner/name", revision = "0123456789abcdef0123456789abcdef01234567" }

[models.prompts]
translation = "To {target_language}: {text}"

[models.prompts.summaries]
headline = "Headline: {text}"
bullets = "{bullet_count} bullets: {text}"
paragraph = "Paragraph: {text}"
"""


def write(folder: Path, text: str) -> str:
    path = folder / "news.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", shipped_profiles())
def test_shipped_profile_loads_and_says_where_it_comes_from(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    for spec in profile.engine_models:
        assert spec.architecture in ARCHITECTURES
        assert spec.license in ("Apache-2.0", "MIT")
        assert spec.origin_uri.startswith("https://huggingface.co/")


def test_shipped_profiles() -> None:
    assert shipped_profiles() == ["demo", "extractive", "llm", "m2m100", "mt", "openai"]
    assert [source.repository for source in _huggingface_sources()] == [
        "Qwen/Qwen3-4B-Instruct-2507",
        "google/madlad400-3b-mt",
    ]


def _huggingface_sources() -> list[HuggingFaceSource]:
    specs = [spec for name in shipped_profiles() for spec in load_profile(name).models]
    return [spec.source for spec in specs if isinstance(spec.source, HuggingFaceSource)]


def test_every_shipped_profile_with_a_translator_serves_all_directions() -> None:
    directions = {(a, b) for a in ("en", "ko", "ja") for b in ("en", "ko", "ja") if a != b}
    for name in ("demo", "llm", "m2m100", "mt", "openai"):
        assert {pair for card in load_profile(name).cards for pair in card.pairs(Task.TRANSLATION)} == directions


def test_a_profile_is_read_from_a_path(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path, GOOD))
    assert [card.full_name for card in profile.cards] == ["translator@1", "writer@2"]
    translator, writer = profile.models
    assert translator.language_code("ko") == "kor"
    assert translator.language_code("en") == "en"
    assert translator.prefix_for("en", "ko") == "<2kor> "
    assert writer.card.registers == (Register.NEWS, Register.POLITE)


def test_relative_directories_start_at_the_folder_of_the_profile(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path, GOOD))
    source = profile.models[0].source
    assert isinstance(source, DirectorySource)
    assert profile.directory_of(source) == tmp_path / "weights"


def test_an_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("deno")
    assert str(caught.value) == (
        "no profile is called 'deno'; give the path of a TOML file or one of: demo, extractive, llm, m2m100, mt, openai"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"absent\.toml: no such file"):
        load_profile(str(tmp_path / "absent.toml"))


def test_what_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"news\.toml: cannot be read as TOML: Invalid value"):
        load_profile(write(tmp_path, "name = "))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"t5"', '"t6"', "models[0].architecture: "),
        ('license = "MIT"\n', "", "models[0].license: Field required"),
        ('license = "MIT"', 'licence = "MIT"', "models[0].licence: no such field; see docs/models.md"),
        ('"translator"', '"Trans lator"', "models[0].name: "),
        ('"translator"', '"writer"', "models: the name writer is used twice"),
        ('[["en", "ko"]]', '[["en", "zh"]]', "models[0].language_pairs[0][1]: "),
        ('[["en", "ko"]]', '[["ko", "ko"]]', "models[0]: language_pairs: source and target must differ"),
        ('language_pairs = [["en", "ko"]]\n', "", "models[0]: language_pairs: needed for the task"),
        ('summary_languages = [["en", "en"]]\n', "", "models[1]: summary_languages: needed for the task"),
        (
            'version = "2"',
            'version = "2"\nvocabulary = "trimmed"',
            'models[1]: vocabulary: "trimmed" is for ',
        ),
        ('version = "1"', 'version = "1"\nvocabulary = "small"', "models[0].vocabulary: "),
        ("0123456789abcdef01234567", "main", "models[1].source.revision: pin a revision: the 40 hex digits"),
        ('"owner/name"', '"name"', "models[1].source.repository: "),
        ('kind = "directory"', 'kind = "s3"', "models[0].source: "),
        ('source = { kind = "directory", path = "weights" }', "", "models[0]: source: the architecture"),
        ("<2{target}>", "<2{tgt}>", "models[0].source_prefix: unknown placeholder {tgt}; known: source, target"),
        ("<2{target}>", "<2{target>", "models[0].source_prefix: not a template: "),
        ('"t5"', '"m2m100"', 'models[0]: source_prefix: the architectures "t5" and "marian" read it'),
        ("{target_language}", "{tongue}", "models[1].prompts.translation: unknown placeholder {tongue}"),
        ("To {target_language}: {text}", "x", "models[1].prompts.translation: the placeholder {text} must occur"),
        ("Headline: {text}", "{text} {text}", "models[1].prompts.summaries: the placeholder {text} must occur"),
        (
            "Headline: {text}",
            "{terms} {terms} {text}",
            "models[1].prompts.summaries: the placeholder {terms} must not occur twice",
        ),
        (
            "[models.prompts]\n",
            "[models.prompts]\nterms = '{source}'\n",
            "models[1].prompts.terms: the placeholders {source} and {target} must both occur",
        ),
        (
            "[models.prompts]\n",
            "[models.prompts]\nterms = '{source}: {target}'\n",
            "models[1].prompts: terms: {terms} is missing in 4 of the templates",
        ),
        (
            "[models.prompts]\n",
            "[models.prompts]\nstrict = { translation = 'Only {tongue}.' }\n",
            "models[1].prompts.strict: unknown placeholder {tongue}; known: source_language, target_language",
        ),
        (
            "[models.prompts]\n",
            "[models.prompts]\nstrict = { summarization = 'Only that.' }\n",
            "models[1].prompts: strict.summarization: {strict} is missing in a template of this task",
        ),
        ('headline = "Headline: {text}"\n', "", "models[1]: prompts.summaries: headline is missing"),
        ('"chat"', '"bart"', 'models[1]: prompts: the architecture "chat" needs them, no other one reads them'),
        ('version = "1"', 'version = "1"\nmax_input_tokens = 0', "models[0].max_input_tokens: "),
        ('version = "1"', 'version = "1"\nbeams = 17', "models[0].beams: "),
        ('version = "1"', 'version = "1"\noutput = { max_tokens = -1 }', "models[0].output.max_tokens: "),
        ('version = "1"', 'version = "1"\ndtype = "int4"', "models[0].dtype: "),
        ('["news", "polite"]', '["casual"]', "models[1].registers[0]: "),
        ('description = "For tests."', "", "description: Field required"),
        (GOOD[GOOD.index("[[models]]") :], "models = []", "models: "),
    ],
)
def test_a_fault_names_file_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ProfileError) as caught:
        load_profile(write(tmp_path, GOOD.replace(old, new)))
    assert f"news.toml: {message}" in str(caught.value)


def test_every_fault_has_a_line(tmp_path: Path) -> None:
    text = GOOD.replace('license = "MIT"\n', "").replace('"owner/name"', '"name"')
    with pytest.raises(ProfileError) as caught:
        load_profile(write(tmp_path, text))
    assert [fault.split(": ")[1] for fault in str(caught.value).splitlines()] == [
        "models[0].license",
        "models[1].source.repository",
    ]


def test_noncommercial_models_need_the_setting(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace('license = "MIT"', 'license = "CC-BY-NC-4.0"\nnoncommercial = true'))
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert str(caught.value) == (
        "news.toml: models[0].noncommercial: the license of translator@1 (CC-BY-NC-4.0) forbids commercial use;"
        " serve it only with the setting allow_noncommercial (TRIWIRE_ALLOW_NONCOMMERCIAL=true)"
    )
    assert load_profile(path, allow_noncommercial=True).cards[0].noncommercial


@pytest.mark.parametrize(
    ("fields", "needs_conversion"),
    [
        ("", (False, False)),
        ('dtype = "int8"', (True, False)),
        ('dtype = "bfloat16"', (False, False)),
        ('vocabulary = "trimmed"', (True, None)),
    ],
)
def test_int8_and_trimmed_encoder_decoders_are_converted(
    tmp_path: Path, fields: str, needs_conversion: tuple[bool, bool | None]
) -> None:
    translator = load_profile(write(tmp_path, GOOD.replace('license = "MIT"', f'license = "MIT"\n{fields}'))).models[0]
    assert translator.needs_conversion is needs_conversion[0]
    if needs_conversion[1] is not None:
        text = GOOD.replace('version = "2"', f'version = "2"\n{fields}')
        assert load_profile(write(tmp_path, text)).models[1].needs_conversion is needs_conversion[1]


@pytest.mark.parametrize(
    ("language", "characters", "text_tokens", "expected"),
    [("en", None, 10, 30 + 24), ("en", None, 1000, 512), ("en", 100, 10, 60 + 24), ("ko", 100, 10, 150 + 24)],
)
def test_output_limits(language: str, characters: int | None, text_tokens: int, expected: int) -> None:
    summary: Any = None
    if characters is not None:
        summary = SummarySpec(style=SummaryStyle.BULLETS, max_characters=characters)
    segment = Segment(
        task=Task.TRANSLATION if summary is None else Task.SUMMARIZATION,
        text="x",
        source_language="ja",
        target_language=language,
        summary=summary,
    )
    assert OutputLimit().for_segment(segment, text_tokens) == expected


@pytest.mark.parametrize("path", sorted(SHIPPED_PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_sources_are_pinned(path: Path) -> None:
    for model in tomllib.loads(path.read_text(encoding="utf-8"))["models"]:
        source = model.get("source", {})
        if source.get("kind") == "huggingface":
            assert len(source["revision"]) == 40
        if source.get("kind") == "wheels":
            assert len(source["sha256"]) == 64


OTHER_OUTPUTS = [
    ('version = "1"', 'version = "1.1"'),
    ("<2{target}> ", "<to {target}> "),
    ('ko = "kor"', 'ko = "ko_KR"'),
    ('license = "MIT"', 'license = "MIT"\nbeams = 4'),
    ('license = "MIT"', 'license = "MIT"\ndtype = "int8"'),
    ('license = "MIT"', 'license = "MIT"\nvocabulary = "trimmed"'),
    ('license = "MIT"', 'license = "MIT"\nlength_penalty = 0.5'),
    ('license = "MIT"', 'license = "MIT"\noutput = { max_tokens = 100 }'),
]
OTHER_PROMPTS = [
    ("To {target_language}", "Write in {target_language}"),
    ("{bullet_count} bullets", "{bullet_count} points"),
    ('revision = "0', 'revision = "1'),
    ("[models.prompts]", '[models.prompts]\nsystem = "You translate."'),
]


def fingerprints(folder: Path, text: str, device_type: str = "cpu") -> list[str]:
    return [spec.fingerprint(device_type) for spec in load_profile(write(folder, text)).models]


def test_whatever_changes_outputs_changes_the_fingerprint_of_that_model_alone(tmp_path: Path) -> None:
    translator, writer = fingerprints(tmp_path, GOOD)
    for old, new in OTHER_OUTPUTS:
        assert GOOD.count(old) == 1
        changed = fingerprints(tmp_path, GOOD.replace(old, new))
        assert (changed[0] != translator, changed[1] == writer) == (True, True), new
    for old, new in OTHER_PROMPTS:
        assert GOOD.count(old) == 1
        changed = fingerprints(tmp_path, GOOD.replace(old, new))
        assert (changed[0] == translator, changed[1] != writer) == (True, True), new
    # "auto" is another precision there.
    assert set(fingerprints(tmp_path, GOOD, "cuda")).isdisjoint({translator, writer})


def test_where_the_files_lie_and_what_describes_a_model_is_no_part_of_its_fingerprint(tmp_path: Path) -> None:
    same = (
        GOOD.replace('path = "weights"', 'path = "/srv/weights"')
        .replace('license = "MIT"', 'license = "Apache-2.0"\norigin_uri = "https://models.example"')
        .replace("repository =", 'endpoint = "https://mirror.example", repository =')
    )
    (tmp_path / "elsewhere").mkdir()
    assert fingerprints(tmp_path / "elsewhere", same) == fingerprints(tmp_path, GOOD)


def test_a_model_without_weights_has_a_fingerprint_too() -> None:
    [spec] = load_profile("extractive").models
    assert len(spec.fingerprint("cpu")) == 64
