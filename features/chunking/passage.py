"""The passage that is searched of a chunk: the headings once, and the text below them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import takewhile

SEPARATOR = " > "
"""Between the headings of a context."""


def passage_of(context: str, text: str) -> str:
    """Return headings and text, no heading twice: it would count for more."""
    return f"{context}\n{text.removeprefix(lead(text, context.split(SEPARATOR)))}"


def lead(text: str, headings: Collection[str]) -> str:
    """Return the lines at a text's start that repeat its headings, or are empty."""
    lines = text.splitlines(keepends=True)
    return "".join(takewhile(lambda line: line.strip("# \t\r\n") in ("", *headings), lines))
