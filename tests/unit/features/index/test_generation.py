from __future__ import annotations

import hashlib

import pytest

from features.embedding.embedder import EmbedderIdentity
from features.index.generation import Generation, Piece, SegmentInfo
from tests.support.features.tables import entry

GENERATION = Generation(
    EmbedderIdentity("minilm", "abc", 384),
    12.5,
    (SegmentInfo("s", (Piece("d", 3), Piece("e", 4))),),
    {"d": entry("a.md", 3), "e": entry("b.md", 4)},
    {"year": ("number",)},
    (Piece("d-1", 2),),
)


def test_a_generation_is_read_as_it_was_packed_and_named_by_its_digest():
    name, body = GENERATION.packed()
    assert Generation.unpacked(body) == GENERATION
    assert name == hashlib.sha256(body).hexdigest()
    assert GENERATION.chunks == 7


def test_damaged_bytes_are_refused():
    with pytest.raises(ValueError, match="damaged"):
        Generation.unpacked(b"{}")
