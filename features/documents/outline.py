"""The outline of a text with headings, from which its sections follow."""

from __future__ import annotations

from features.documents.attributes import Attributes
from features.documents.document import Document, Section, check_bounds, cut_heading


class Outline:
    """The parts of a text, each with the headings above.

    A heading with nothing below it is the beginning of the part after it: by itself it would be
    found for its words, and take a result's place.

    Args:
        title: title of the text, if it is told.
        title_level: lowest level of a heading that may be the title where none is told.
    """

    def __init__(self, title: str, title_level: int) -> None:
        self._title = cut_heading(title)
        self._title_level = title_level
        self._path: list[tuple[int, str]] = []
        self._sections: list[Section] = []
        self._bare: list[str] = []
        self._characters = 0

    def add(self, level: int, heading: str, text: str) -> None:
        """Add the text from a heading, which is the first line, to the next one.

        Args:
            level: level of the heading, 1 to 6; 0 for the text before the first.
            heading: words of the heading.
            text: the text, which may be empty.

        Raises:
            DocumentError: There are too many sections, or too much text.
        """
        heading = cut_heading(heading)
        self._characters += len(text)
        check_bounds(len(self._sections), self._characters)
        while level and self._path and self._path[-1][0] >= level:
            self._path.pop()
        if heading and not self._title and level <= self._title_level:
            self._title = heading
        if heading and heading != self._title:
            self._path.append((level, heading))
        if self._bare or text.strip():
            self._bare.append(text)
        below = text.lstrip().partition("\n")[2] if level else text
        if below.strip():
            self._end_section()

    def document(self, name: str, attributes: Attributes) -> Document:
        """Return the document, called by a name if it has no title."""
        self._end_section()
        return Document(self._title or name, tuple(self._sections), attributes)

    def _end_section(self) -> None:
        if self._bare:
            headings = tuple(heading for _, heading in self._path)
            self._sections.append(Section("".join(self._bare), headings))
        self._bare = []
