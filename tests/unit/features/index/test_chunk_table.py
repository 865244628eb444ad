from __future__ import annotations

import numpy as np

from features.index.chunk_table import ChunkTable, Postings
from tests.support.features.tables import table


def test_a_table_is_read_as_it_was_packed():
    before = table("d", "one two", "two two", language="en")

    after, header = ChunkTable.unpacked(before.packed({"info": 1}))

    assert header == {"info": 1}
    assert list(after.chunks) == list(before.chunks)
    assert np.array_equal(after.vectors, before.vectors)
    where, counts = after.postings.find("two")
    assert (where.tolist(), counts.tolist()) == ([0, 1], [1, 2])


def test_attributes_that_chunks_share_are_held_once():
    before = table("d", "one", "two", language="en")
    after, _ = ChunkTable.unpacked(before.packed())
    first, second = after.chunks
    assert first.attributes is second.attributes


def test_the_size_counts_texts_vectors_and_different_attributes():
    plain = table("d", "one two", "three four").size
    assert table("d", "one two", "three four" + "x" * 1000).size > plain + 1000
    assert table("d", "one two", "three four", width=102).size == plain + 2 * 100 * (2 + 4)
    assert table("d", "one two", "three four" + "👋" * 1000).size > plain + 4000, "four bytes each"
    shared = table("d", "one two", "three four", language="e" * 500).size
    assert plain + 500 < shared < plain + 1000


def test_tables_are_joined_and_cut_by_rows():
    joined = ChunkTable.joined([table("a", "x", "y"), table("b", "z")])
    assert [chunk.text for chunk in joined.rows(1, 3).chunks] == ["y", "z"]
    assert joined.rows(1, 3).vectors.shape == (2, 2)


def test_different_types_are_different_attributes():
    tables = [table("a", "x", "y", n=1), table("b", "z", n=True), table("c", "z", n=1.0)]
    distinct, which = ChunkTable.joined(tables).attribute_sets
    assert [type(one["n"]) for one in distinct] == [int, bool, float]
    assert which.tolist() == [0, 0, 1, 2]


def test_postings_of_nothing():
    postings = Postings.of([])
    assert postings.find("a")[0].tolist() == []
    assert postings.lengths.tolist() == []
