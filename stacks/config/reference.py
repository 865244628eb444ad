"""The reference of every config key, written from the sections' docstrings and constraints.

Run `python -m stacks.config.reference > docs/config.md`. An entry under `Attributes:` says what a
key means, and in a last sentence, "Sets ...", which CloudFormation properties or variables of the
functions the key reaches.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from stacks.config.section import Section, nested_section, spelled_fields
from stacks.config.stage import StageConfig

ROOT = Path(__file__).resolve().parents[2]

_INTRODUCTION = """# Config reference

Every key of `config/<stage>.toml`, written by `python -m stacks.config.reference > docs/config.md`
from the models in `stacks/config/`. A section in double brackets may be there several times. The
last column names the property of a CloudFormation resource, at whatever depth, or the functions'
environment variable that a key sets.
"""
_COLUMNS = ("key", "type", "default", "allowed", "meaning", "sets")
_LIMITS = {
    "multipleOf": "a multiple of {}",
    "pattern": "`{}`",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} entries",
    "maxProperties": "at most {} entries",
}
_ATTRIBUTES = re.compile(r"^Attributes:\n((?: {4}.*\n?|\n)*)", re.MULTILINE)
_ENTRY = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
# A property of a CloudFormation type, or an environment variable.
_TARGET = re.compile(r"AWS::\w+::\w+\.\w+|\b[A-Z]+(?:_[A-Z]+)+\b")
# A key or a section of a stage's file, also one that is commented out.
_LINE = re.compile(r"^(?:# )?(?:\[+(?P<section>[\w.]+)\]+|(?P<key>\w+) = )", re.MULTILINE)


class UndocumentedKeyError(Exception):
    """A config key without a description, or without the sentence on what the key sets."""


@dataclass(frozen=True)
class Table:
    """A section of the config file.

    Attributes:
        path: names of the section and of those around it, with dots between; empty for the file.
        model: class of the section.
        is_repeated: true for a section that may be there several times.
        meaning: purpose of the section.
    """

    path: str
    model: type[Section]
    is_repeated: bool
    meaning: str

    @property
    def heading(self) -> str:
        """The section as the TOML file spells it."""
        return f"[[{self.path}]]" if self.is_repeated else f"[{self.path}]"

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """The plain keys of the section, by the file's names for them."""
        fields = spelled_fields(self.model).items()
        return {name: field for name, field in fields if nested_section(field.annotation) is None}


def tables(model: type[Section] = StageConfig, path: str = "") -> Iterator[Table]:
    """Yield the sections within a section, each before those that it contains.

    Raises:
        UndocumentedKeyError: a section has no description.
    """
    for name, field in spelled_fields(model).items():
        nested = nested_section(field.annotation)
        if nested is None:
            continue
        inner = f"{path}.{name}".lstrip(".")
        is_repeated = get_origin(field.annotation) is list
        yield Table(inner, nested, is_repeated, _described(model, inner, name, field))
        yield from tables(nested, inner)


def render(root: Path = ROOT) -> str:
    """Return the reference as Markdown.

    Args:
        root: the project's root directory, whose committed stages are searched for every key.

    Raises:
        UndocumentedKeyError: a key has no description, or does not say what it sets.
    """
    everything = [*tables()]
    keys = {f"{table.path}.{key}" for table in everything for key in table.fields}
    unused = ", ".join(f"`{key}`" for key in sorted(keys - _committed(root)))
    return "\n".join(
        [
            _INTRODUCTION,
            *(line for table in everything for line in section_lines(table)),
            "## In no stage's file",
            "",
            f"Neither set nor shown in a comment of `config/*.toml`: {unused or 'no key'}.",
            "",
        ]
    )


def section_lines(table: Table) -> Iterator[str]:
    """Yield the lines of one section: heading, meaning, and a row for every key.

    Raises:
        UndocumentedKeyError: a key has no description, or does not say what it sets.
    """
    yield from (f"## {table.heading}", "", _sentence(table.meaning), "")
    yield _row(*_COLUMNS)
    yield _row(*("---" for _ in _COLUMNS))
    schema = table.model.model_json_schema()["properties"]
    for name, field in table.fields.items():
        meaning, _, sets = _described(table.model, table.path, name, field).partition(" Sets ")
        if not sets:
            raise UndocumentedKeyError(f'{table.path}.{name}: must end in "Sets ..."')
        kind, allowed = describe_type(schema[name])
        yield _row(
            f"`{name}`",
            kind,
            _default(field),
            allowed,
            _sentence(meaning),
            _TARGET.sub(r"`\g<0>`", sets[:-1]),
        )
    yield ""


def describe_type(schema: dict[str, Any]) -> tuple[str, str]:
    """Return the TOML type and the allowed values of a key with this JSON schema."""
    schema = next((s for s in schema.get("anyOf", ()) if s["type"] != "null"), schema)
    kind = str(schema["type"])
    if kind == "array":
        kind = f"list of {schema['items']['type']}s"
    return kind.replace("object", "table"), "; ".join(_constraints(schema))


def _constraints(schema: dict[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    yield from _range(schema)
    for name, template in _LIMITS.items():
        if name in schema:
            yield template.format(schema[name])


def _range(schema: dict[str, Any]) -> Iterator[str]:
    match schema:
        case {"minimum": least, "maximum": most}:
            yield f"{least} to {most}"
        case {"exclusiveMinimum": least, "maximum": most}:
            yield f"above {least:g}, at most {most:g}"
        case {"minimum": least}:
            yield f"at least {least}"


def _described(model: type[Section], path: str, name: str, field: FieldInfo) -> str:
    """Return the description of a field, which may stand in the docstring of a base class."""
    names = [own for own, known in model.model_fields.items() if known is field]
    for base in model.__mro__:
        found = _ATTRIBUTES.search(inspect.cleandoc(base.__dict__.get("__doc__") or ""))
        entries = dict(_ENTRY.findall(found[1])) if found else {}
        for own in names:
            if own in entries:
                return " ".join(entries[own].split())
    raise UndocumentedKeyError(f"{path}: {name} must stand under Attributes: in {model.__name__}")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return "none" if default is None else f"`{json.dumps(default)}`"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _committed(root: Path) -> set[str]:
    """Return the keys that a committed stage sets or shows in a comment."""
    found = set()
    for path in sorted((root / "config").glob("*.toml")):
        section = ""
        for line in _LINE.finditer(path.read_text(encoding="utf-8")):
            section = line["section"] or section
            found.add(f"{section}.{line['key']}" if line["key"] else section)
    return found


if __name__ == "__main__":
    sys.stdout.write(render())
