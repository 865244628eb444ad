"""The bounds of both sides: what the service promises is what ingestion does."""

from __future__ import annotations

from features.chunking.chunker import FEWEST_TOKENS, MOST_TOKENS
from features.documents.attributes import MOST_KEYS, checked_attributes
from lambda_api.vector_stores import chunking
from lambda_api.vector_stores.file_schemas import AttributesChange


def test_chunks_are_as_large_as_ingestion_makes_them():
    assert (chunking.FEWEST_TOKENS, chunking.MOST_TOKENS) == (FEWEST_TOKENS, MOST_TOKENS)


def test_attributes_at_the_bounds_are_taken_by_both():
    most = {f"{n:064}": "v" * 512 for n in range(MOST_KEYS)}
    assert checked_attributes(AttributesChange(attributes=most).attributes or {}) == most
