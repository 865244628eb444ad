"""Citations: `[n]` in an answer becomes an annotation of the n-th block's file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_MARK = re.compile(r"\[(\d{1,3})\]", re.ASCII)
_BEGUN = re.compile(r"\[\d{0,3}$", re.ASCII)

Annotation = dict[str, Any]

CitedFile = tuple[str, str]
"""A file that can be cited: its id and its name."""


class CitationFinder:
    """A finder of marks in a text that comes in pieces, cut anywhere.

    A number that no block has is left as text.

    Args:
        files: The files of the blocks, in the order of their numbers.
    """

    def __init__(self, files: Sequence[CitedFile]) -> None:
        self._files = files
        self._rest = ""
        self._before = 0

    def feed(self, text: str) -> list[Annotation]:
        """Take a piece; return the annotations of the marks that are complete by now.

        An annotation's `index` is the place of the mark's bracket in the text, in characters.
        """
        if not self._files:
            return []
        text = self._rest + text
        found = [
            self._annotation(int(mark[1]), self._before + mark.start())
            for mark in _MARK.finditer(text)
            if 1 <= int(mark[1]) <= len(self._files)
        ]
        begun = _BEGUN.search(text)
        self._rest = begun[0] if begun else ""
        self._before += len(text) - len(self._rest)
        return found

    def _annotation(self, number: int, index: int) -> Annotation:
        file_id, name = self._files[number - 1]
        return {"type": "file_citation", "file_id": file_id, "filename": name, "index": index}
