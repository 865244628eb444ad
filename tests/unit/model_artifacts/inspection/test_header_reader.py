"""Positions in a binary header."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.header_reader import HeaderReader
from tests.support.model_files import text


def reader(content: bytes, size: int | None = None) -> HeaderReader:
    return HeaderReader(Path("model"), BytesIO(content), len(content) if size is None else size)


def test_reading_and_skipping_move_the_position() -> None:
    header = reader(b"\x01\0\0\0" + b"skip" + text("\u00e9") + b"rest")
    assert header.number("I") == 1
    header.skip(4, "a word")
    assert header.text() == "\u00e9"
    assert (header.take(4, "a word"), header.position) == (b"rest", 22)


@pytest.mark.parametrize("length", [5, 2**64])
def test_no_length_leads_out_of_the_header(length: int) -> None:
    header = reader(b"0123")
    for move in (header.need, header.take, header.skip):
        with pytest.raises(
            InspectionError, match=rf"got a word of {length} bytes; must be at most 4"
        ):
            move(length, "a word")
    assert header.take(4, "a word") == b"0123"


def test_a_string_has_a_longest_length_and_is_utf8() -> None:
    with pytest.raises(InspectionError, match="got a name of 3 bytes; must be at most 2"):
        reader(text("abc")).text(most=2)
    with pytest.raises(InspectionError, match=r"got b'\\xff'; must be UTF-8"):
        reader(text(b"\xff")).text()


def test_a_file_that_shrinks_while_it_is_read_is_refused() -> None:
    with pytest.raises(InspectionError, match="got a file that shrinks; must be at rest"):
        reader(b"01", size=4).take(4, "a word")
