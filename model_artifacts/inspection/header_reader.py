"""Reading a binary header within bounds, whatever lengths the file claims."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import shown

MAX_HEADER_BYTES = 64 * 2**20
"""Longest header that is read, in bytes; a tokenizer of 256,000 tokens takes about 10 MB."""


class HeaderReader:
    """A position in a header, which no length that the file claims leads out of."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        """Start at the beginning.

        Args:
            path: the file, for messages.
            file: at its beginning.
            size: bytes of the file.
        """
        self.path, self._file = path, file
        self.position, self._end = 0, min(size, MAX_HEADER_BYTES)

    def need(self, length: int, subject: str) -> None:
        """Refuse a length beyond the header's end."""
        if length > self._end - self.position:
            raise InspectionError(
                f"{self.path}: byte {self.position}: got {subject} of {length} bytes; must be at "
                f"most {self._end - self.position} (is the file truncated?)"
            )

    def take(self, length: int, subject: str) -> bytes:
        """Read so many bytes."""
        self.need(length, subject)
        self.position += length
        content = self._file.read(length)
        if len(content) < length:
            raise InspectionError(f"{self.path}: got a file that shrinks; must be at rest")
        return content

    def skip(self, length: int, subject: str) -> None:
        """Pass over so many bytes."""
        self.need(length, subject)
        self.position += length
        self._file.seek(length, 1)

    def number(self, letter: str) -> int:
        """Read one little-endian integer."""
        (value,) = struct.unpack(f"<{letter}", self.take(struct.calcsize(letter), "a number"))
        return int(value)

    def text(self, most: int | None = None) -> str:
        """Read a length and a string of UTF-8."""
        length = self.number("Q")
        if most is not None and length > most:
            raise InspectionError(
                f"{self.path}: got a name of {length} bytes; must be at most {most}"
            )
        raw = self.take(length, "a string")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InspectionError(f"{self.path}: got {shown(raw)}; must be UTF-8") from error
