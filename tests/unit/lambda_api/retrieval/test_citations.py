from __future__ import annotations

import pytest

from lambda_api.retrieval.citations import CitationFinder

FILES = [("file-1", "a.md"), ("file-2", "b.md")]
TEXT = "Nine [1], and [2][1]; not [3], [0], [x] or 👋 [12]."


def indices(found):
    return [(one["file_id"], one["index"]) for one in found]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_marks_are_found_wherever_the_text_is_cut(size):
    finder = CitationFinder(FILES)
    pieces = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]
    found = [one for piece in pieces for one in finder.feed(piece)]
    assert indices(found) == [("file-1", 5), ("file-2", 14), ("file-1", 17)]
    assert all(TEXT[one["index"]] == "[" for one in found)
    assert found[0] == {
        "type": "file_citation",
        "file_id": "file-1",
        "filename": "a.md",
        "index": 5,
    }


def test_without_blocks_there_is_nothing_to_cite():
    assert CitationFinder([]).feed("see [1]") == []
