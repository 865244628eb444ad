"""A document that was read: its title, its text by sections, its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.documents.attributes import Attributes


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
