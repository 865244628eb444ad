from __future__ import annotations

import numpy as np
import pytest

from features.embedding.embedder import EmbedderIdentity
from features.errors import SearchError
from features.index.chunk_table import ChunkTable
from features.index.generation import Generation
from features.search import snapshot as module
from features.search.filters import parse_filter
from features.search.query import Query, Weights
from features.search.snapshot import Snapshot
from features.search.snapshot_store import EMPTY
from tests.support.features.tables import entry, table

DOCUMENTS = {name: entry(f"{name}.md") for name in "abc"}
GENERATION = Generation(EmbedderIdentity("x", "y", 2), 1.0, documents=DOCUMENTS)
EAST = np.float32([1, 0])


def pointing(made, *vectors):
    return ChunkTable(made.chunks, np.float16(vectors))


@pytest.fixture
def snapshot():
    first = pointing(table("a", "koala", "koala wombat", year=2020), [1, 0], [0, 1])
    second = pointing(table("b", "quokka", year=2021), [0.6, 0.8])
    return Snapshot("s", GENERATION, {"1": first, "2": second})


def texts(hits):
    return [hit.chunk.text for hit in hits]


def test_words_alone(snapshot):
    hits = snapshot.search(Query("Wombats", weights=Weights(0, 1)), EAST)
    assert texts(hits) == ["koala wombat"]
    assert 0 < hits[0].score < 1


def test_meaning_alone(snapshot):
    assert texts(snapshot.search(Query("x", weights=Weights(1, 0)), EAST)) == [
        "koala",
        "quokka",
    ]


def test_both_and_without_a_vector(snapshot):
    assert texts(snapshot.search(Query("quokka"), EAST))[0] == "quokka"
    assert texts(snapshot.search(Query("quokka"), None)) == ["quokka"]


def test_filters_apply_before_ranking(snapshot):
    condition = parse_filter({"type": "gt", "key": "year", "value": 2020})
    hits = snapshot.search(Query("koala", top_k=1, filter=condition), EAST)
    assert texts(hits) == ["quokka"]


def test_a_filter_that_takes_too_long_is_given_up(snapshot, monkeypatch):
    condition = parse_filter({"type": "gt", "key": "year", "value": 2020})
    monkeypatch.setattr(module, "_MOST_FILTER_SECONDS", -1)
    with pytest.raises(SearchError, match="too many different attributes") as caught:
        snapshot.search(Query("koala", filter=condition), EAST)
    assert (caught.value.code, caught.value.param) == ("invalid_request", "filters")


def test_an_attribute_that_nobody_has_matches_nothing(snapshot):
    condition = parse_filter({"type": "ne", "key": "color", "value": "red"})
    assert snapshot.search(Query("koala", filter=condition), EAST) == []


def test_types_that_cannot_be_compared_are_refused(snapshot):
    condition = parse_filter({"type": "eq", "key": "year", "value": "2020"})
    with pytest.raises(SearchError, match="holds number"):
        snapshot.search(Query("koala", filter=condition), EAST)


def test_a_threshold_leaves_out_what_is_below(snapshot):
    assert len(snapshot.search(Query("quokka", threshold=0.505), EAST)) == 1


def test_the_best_of_many_in_their_order():
    many = table("a", *(f"word{number}" for number in range(500)))
    angles = np.linspace(0, 1.5, 500)
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1)
    snapshot = Snapshot("s", GENERATION, {"1": pointing(many, *vectors)})
    hits = snapshot.search(Query("x", top_k=3, weights=Weights(1, 0)), EAST)
    assert texts(hits)[0] == "word0"


def test_a_store_without_documents_finds_nothing():
    assert EMPTY.search(Query("x"), EAST) == []
