from __future__ import annotations

from dataclasses import replace

import pytest

from features.index.generation import Piece
from features.vectors.versions import chunk_keys, gone, parse_key, version, versions
from tests.support.features.tables import entry

INFO = entry("a.md", 2)


def test_keys_name_document_version_and_number():
    piece = version("d" * 24, INFO)
    first, second = chunk_keys([piece])
    assert parse_key(second) == ("d" * 24, piece.document, 1)
    assert first == f"{piece.document}#0"


@pytest.mark.parametrize("change", [{"digest": "other"}, {"modified": 2.0}])
def test_another_content_and_the_same_one_later_are_other_versions(change):
    assert version("d", INFO) != version("d", replace(INFO, **change))


def test_documents_without_chunks_have_no_version():
    assert list(versions({"d": INFO, "e": entry("b.md")})) == [version("d", INFO)]
    assert list(chunk_keys([Piece("v", 0)])) == []


def test_a_key_of_somebody_else_is_refused():
    with pytest.raises(ValueError, match="invalid literal"):
        parse_key("a vector")


def test_a_version_that_counts_is_never_gone():
    now, before = version("d", INFO), version("d", replace(INFO, digest="before"))
    assert gone([now, before, before], {"d": INFO}) == (before,)
    assert gone([now], {}) == (now,)
