"""Generates `docs/contract.md`: what the comments of the protos say, and the tables of `proto/README.md`.

Run by `make proto`; a test compares its output with what is committed.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from generate import PROTO_ROOT, run_protoc
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

COMMITTED = PROTO_ROOT.parent / "docs" / "contract.md"
PACKAGE = "triwire.v1"
README_SECTIONS = {
    "Which method": "Which method",
    "Errors": "Errors",
    "Limits (defaults; `ListModels` tells the actual ones)": "Default limits",  # `Limits` is a message
    "Versions": "Versions",
}
"""Sections of `proto/README.md` that the reference takes over, with their headings there."""

HEAD = """<!-- Made by `make proto` from proto/. Do not edit. -->
# The contract

Package `triwire.v1`, two services: [ArticleService](#articleservice) and [GlossaryService](#glossaryservice). Made from
the comments of `proto/triwire/v1`, which are normative. `proto/README.md` says why it is as it is. A field without
"Required" may be left out.
"""


class Comments:
    """The comments of a file by the path of what they stand before."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._comments = {tuple(at.path): at.leading_comments for at in file.source_code_info.location}
        locations = file.source_code_info.location
        detached = [text for at in locations for text in at.leading_detached_comments]
        self.head = _dedent(detached[0]) if detached else ""

    def of(self, *path: int) -> list[str]:
        """The paragraphs of a comment, each in one line of Markdown."""
        paragraphs = re.split(r"\n\s*\n", self._comments.get(path, "").strip())
        return [_escape(" ".join(paragraph.split())) for paragraph in paragraphs if paragraph.strip()]


def reference() -> str:
    """The whole document."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "contract.binpb"
        run_protoc("--include_source_info", f"--descriptor_set_out={built}")
        files = sorted(FileDescriptorSet.FromString(built.read_bytes()).file, key=lambda file: file.name)
    services: list[str] = []
    messages: list[str] = []
    for file in files:
        comments = Comments(file)
        heading = f"## Messages of {Path(file.name).name}"
        messages += [heading, "", *_rules(comments.head), ""]
        for index, service in enumerate(file.service):
            services += _service(service, comments, index)
        for index, message in enumerate(file.message_type):
            messages += _message(message, comments, (4, index), "")
        for index, enum in enumerate(file.enum_type):
            messages += _enum(enum, comments, (5, index), "")
    return "\n".join([HEAD, *_readme(), *services, *messages]).rstrip() + "\n"


def _readme() -> Iterator[str]:
    text = (PROTO_ROOT / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    for name, heading in README_SECTIONS.items():
        body = re.sub(r"^```.*?^```\n", "", sections[name], flags=re.M | re.S)
        body = body.replace("A ProcessArticleRequest in text format:\n", "")
        body = re.sub(r"(?<=[^|\n])\n(?=\|)|(?<=\|)\n(?=[^|\n])", "\n\n", body)  # a table stands alone
        yield f"## {heading}\n\n{body.strip()}\n"


def _rules(head: str) -> list[str]:
    """The comment at the head of a file, whose ` * ` lines are a list."""
    lines: list[str] = []
    for line in head.splitlines():
        if line.startswith(" * "):
            if lines and not lines[-1].startswith("- "):
                lines.append("")
            lines.append("- " + line[3:])
        elif line.startswith("   ") and lines and lines[-1].startswith("- "):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return [_escape(line) for line in lines]


def _service(service: ServiceDescriptorProto, comments: Comments, index: int) -> Iterator[str]:
    yield from (f"## {service.name}", "", *_paragraphs(comments.of(6, index)))
    for number, method in enumerate(service.method):
        question = ("stream of " if method.client_streaming else "") + _link(method.input_type)
        answer = ("stream of " if method.server_streaming else "") + _link(method.output_type)
        yield from (f"### {method.name}", "", f"{question} → {answer}", "")
        yield from _paragraphs(comments.of(6, index, 2, number))


def _message(message: DescriptorProto, comments: Comments, path: tuple[int, ...], outer: str) -> Iterator[str]:
    name = outer + message.name
    yield from (f"### {name}", "", *_paragraphs(comments.of(*path)))
    entries = {f".{PACKAGE}.{name}.{nested.name}": nested for nested in message.nested_type if nested.options.map_entry}
    if message.field:
        yield from ("| field | number | type | |", "| --- | --- | --- | --- |")
    for number, field in enumerate(message.field):
        text = " ".join(comments.of(*path, 2, number))
        if field.HasField("oneof_index"):
            text = f"One of `{message.oneof_decl[field.oneof_index].name}`. {text}"
        yield f"| `{field.name}` | {field.number} | {_type(field, entries)} | {_cell(text)} |"
    yield ""
    for number, oneof in enumerate(message.oneof_decl):
        yield from (f"`{oneof.name}`: " + " ".join(comments.of(*path, 8, number)), "")
    for number, enum in enumerate(message.enum_type):
        yield from _enum(enum, comments, (*path, 4, number), f"{name}.")


def _enum(enum: EnumDescriptorProto, comments: Comments, path: tuple[int, ...], outer: str) -> Iterator[str]:
    yield from (f"### {outer}{enum.name}", "", *_paragraphs(comments.of(*path)))
    yield from ("| value | number | |", "| --- | --- | --- |")
    for number, value in enumerate(enum.value):
        yield f"| `{value.name}` | {value.number} | {_cell(' '.join(comments.of(*path, 2, number)))} |"
    yield ""


def _type(field: FieldDescriptorProto, entries: dict[str, DescriptorProto]) -> str:
    if field.type_name in entries:
        key, value = entries[field.type_name].field
        return f"map of {_scalar(key)} to {_scalar(value)}"
    name = _link(field.type_name) if field.type_name else _scalar(field)
    return f"repeated {name}" if field.label == FieldDescriptorProto.LABEL_REPEATED else name


def _scalar(field: FieldDescriptorProto) -> str:
    return FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()


def _link(full_name: str) -> str:
    """A type of the contract as a link to its heading, any other by its name."""
    name = full_name.removeprefix(f".{PACKAGE}.")
    if name == full_name:
        return full_name.removeprefix(".")
    return f"[{name}](#{name.replace('.', '').lower()})"


def _paragraphs(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from (paragraph, "")


def _dedent(comment: str) -> str:
    return "\n".join(line.removeprefix(" ") for line in comment.strip("\n").splitlines())


def _escape(text: str) -> str:
    """Text in which Markdown changes nothing but what stands between backquotes."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\[\]<>])", r"\\\1", part) for part in parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=COMMITTED, help="where to write it")
    parser.parse_args().out.write_text(reference(), encoding="utf-8")
