"""JSONL: a line is a text of its own, `{"id", "text", …attributes}`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from features.documents.attributes import checked_attributes
from features.documents.document import Document, Section, check_bounds, cut_heading
from features.errors import DocumentError

_LINE = re.compile(r"[^\n]+|\n")


def read_jsonl(text: str, name: str) -> Document:
    """Return the texts of the lines, each with its attributes; the line's id is its heading.

    Raises:
        DocumentError: A line is no object with a text, its attributes are out of bounds, or there
            are too many lines, or too much text.
    """
    sections: list[Section] = []
    characters = 0
    for number, line in _lines(text):
        section = _section(line, number)
        if section.text.strip():
            sections.append(section)
            characters += len(section.text)
            check_bounds(len(sections), characters)
    return Document(name, tuple(sections))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and their numbers, without blank lines."""
    number = 1
    for found in _LINE.finditer(text):
        if found[0] == "\n":
            number += 1
        elif not found[0].isspace():
            yield number, found[0]


def _section(line: str, number: int) -> Section:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise DocumentError("invalid_file", f"line {number} is no JSON") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        raise DocumentError("invalid_file", f'line {number} is no object with a string "text"')
    text = fields.pop("text").encode("utf-8", "replace").decode()
    headings = (cut_heading(str(fields.pop("id"))),) if "id" in fields else ()
    try:
        return Section(text, headings, checked_attributes(fields))
    except DocumentError as error:
        raise DocumentError("invalid_file", f"line {number}: {error.reason}") from None
