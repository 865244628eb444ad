"""A document that was read: its title, its text by sections, its attributes; and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.documents.attributes import Attributes
from features.errors import DocumentError

MOST_CHARACTERS = 4_000_000
"""Text of one document: about 5,000 chunks."""

MOST_SECTIONS = 10_000
"""Sections of one document, or lines of JSONL: each is a chunk at least."""

_LONGEST_HEADING = 2000


@dataclass(frozen=True)
class Section:
    """A text below its headings.

    Attributes:
        text: The text, complete, with its own heading line if the format has one.
        headings: Headings above the text, the outermost first, without the document's title.
        attributes: Attributes of this section alone, such as those of a line of JSONL.
    """

    text: str
    headings: tuple[str, ...] = ()
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A document's text and attributes.

    Attributes:
        title: Title, or the name of the file.
        sections: Sections in the order of the text.
        attributes: Attributes told by the document itself.
    """

    title: str
    sections: tuple[Section, ...]
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)


def check_bounds(sections: int, characters: int) -> None:
    """Refuse a document that has too much, while it is read.

    Raises:
        DocumentError: Too many sections, or too much text.
    """
    if sections > MOST_SECTIONS:
        raise DocumentError(
            "invalid_file", f"limit: more than {MOST_SECTIONS} sections, or lines of JSONL"
        )
    if characters > MOST_CHARACTERS:
        raise DocumentError(
            "invalid_file", f"limit: more than {MOST_CHARACTERS} characters of text"
        )


def cut_heading(heading: str) -> str:
    """Return the end of a heading, which stands in front of every chunk below it."""
    return heading[-_LONGEST_HEADING:]
