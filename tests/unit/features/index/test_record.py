from __future__ import annotations

import pytest

from features.index.record import DocumentInfo, Record
from tests.support.features.tables import table


def test_a_record_is_read_as_it_was_packed():
    info = DocumentInfo(
        "a.md", "file-1", "a.md", "d", "failed", 1.5, 1, 9, {"code": "invalid_file"}
    )
    record = Record.unpacked(Record(info, table("d", "text")).packed())
    assert record.info == info
    assert record.table.chunks[0].text == "text"


def test_a_record_without_chunks():
    info = DocumentInfo("a.md", "file-1", "a.md", "", "deleted", 0.0)
    assert len(Record.unpacked(Record(info).packed()).table) == 0


def test_other_bytes_are_refused():
    with pytest.raises(ValueError, match="packed arrays"):
        Record.unpacked(b"{}")
