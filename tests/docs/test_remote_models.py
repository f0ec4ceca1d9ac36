"""docs/remote-models.md: its examples are sources that can be used, and its table is that of the fields."""

import re
import tomllib

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from tests.docs.markdown import ROOT, texts
from triwire_server.engine.remote_client import Trouble
from triwire_server.profiles.remote_source import OpenAISource

TEXT = (ROOT / "docs" / "remote-models.md").read_text(encoding="utf-8")


def test_the_examples_are_sources() -> None:
    examples = texts("docs/remote-models.md", "toml")
    assert len(examples) == 3
    for example in examples:
        TypeAdapter(OpenAISource).validate_python(tomllib.loads(example)["models"]["source"])


def test_the_table_has_each_field_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\| ", TEXT, re.M))
    fields = {name: shown(info) for name, info in OpenAISource.model_fields.items() if name != "kind"}
    assert told == fields


def shown(info: FieldInfo) -> str:
    default = None if info.is_required() else info.default
    if default in (None, "", {}):
        return ""
    return str(default).lower() if isinstance(default, bool) else f"{default:g}"


def test_the_metrics_document_names_what_becomes_of_requests() -> None:
    metrics = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    [row] = re.findall(r"^\| triwire_remote_requests_total .*$", metrics, re.M)
    for outcome in ("answered", "cancelled", *Trouble):
        assert outcome in row
