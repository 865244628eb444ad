"""Markdown: front matter as attributes, sections by headings outside of code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from features.documents.attributes import scalar
from features.documents.document import Document
from features.documents.outline import Outline

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
"""Blanks and marks at its end are taken off without an expression: a lazy one in front of three
repetitions takes time by the line's length to the third power."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_PAIR = re.compile(r"([A-Za-z_][\w.-]*):[ \t]+(\S.*)$")


def read_markdown(text: str, name: str) -> Document:
    """Return a Markdown text by sections.

    The first heading of the first level is the title. Of front matter, lines `key: value` are
    attributes; lists and nested keys are not, because a filter could not compare them.

    Raises:
        DocumentError: There are too many sections, or too much text.
    """
    attributes = {}
    if found := _FRONT_MATTER.match(text):
        text = text[found.end() :]
        pairs = (_PAIR.match(line) for line in (found.group(1) or "").splitlines())
        attributes = {pair[1]: scalar(pair[2]) for pair in pairs if pair and pair[2][0] not in "[{"}
    outline = Outline(str(attributes.pop("title", "")), title_level=1)
    for part in _parts(text):
        outline.add(*part)
    return outline.document(name, attributes)


def _parts(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the text cut before each heading: its level, the heading and all the lines."""
    level, heading, lines = 0, "", list[str]()
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        found = None if fence else _HEADING.match(line.rstrip("\r\n"))
        if found:
            yield level, heading, "".join(lines)
            level, lines = len(found[1]), []
            heading = found[2].rstrip(" \t").rstrip("#").rstrip(" \t")
        lines.append(line)
    yield level, heading, "".join(lines)
