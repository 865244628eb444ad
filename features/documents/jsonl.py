"""JSONL: a line is a text of its own, `{"id", "text", …attributes}`."""

from __future__ import annotations

import json

from features.documents.attributes import checked_attributes
from features.documents.document import Document, Section
from features.errors import DocumentError


def read_jsonl(text: str, name: str) -> Document:
    """Return the texts of the lines, each with its attributes; the line's id is its heading.

    Raises:
        DocumentError: A line is no object with a text, or its attributes are out of bounds.
    """
    lines = enumerate(text.split("\n"), 1)
    sections = tuple(_section(line, number) for number, line in lines if line.strip())
    return Document(name, tuple(section for section in sections if section.text.strip()))


def _section(line: str, number: int) -> Section:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise DocumentError("invalid_file", f"line {number} is no JSON") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        raise DocumentError("invalid_file", f'line {number} is no object with a string "text"')
    text = fields.pop("text").encode("utf-8", "replace").decode()
    headings = (str(fields.pop("id")),) if "id" in fields else ()
    try:
        return Section(text, headings, checked_attributes(fields))
    except DocumentError as error:
        raise DocumentError("invalid_file", f"line {number}: {error.reason}") from None
