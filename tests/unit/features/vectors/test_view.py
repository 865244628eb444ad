"""Searches of a store of vectors: what counts is what the generation lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import SearchError, StorageError
from features.vectors.view import load_view
from tests.support.features.memory_vectors import MemoryVectors
from tests.support.features.pipeline import Pipeline
from tests.support.features.spelling import Spelling


@pytest.fixture
def pipeline() -> Pipeline:
    made = Pipeline(embedder=Spelling(), vectors=MemoryVectors())
    made.put("a.md", "koala", year="1", language="en")
    made.put("b.md", "wombat", language="de")
    made.publish("a.md", "b.md")
    return made


def ask(pipeline, query, **told):
    """Search without looking for a new generation first."""
    found = pipeline.service.search({"store": "docs", "query": query, **told})["results"]
    return [result["path"] for result in found]


def test_results_are_told_as_from_a_snapshot(pipeline):
    answer = pipeline.search("koala")
    first = answer["results"][0]
    assert (first["path"], first["text"].strip(), first["chunk"]) == ("a.md", "koala", 0)
    assert first["attributes"] == {"year": "1", "language": "en"}
    assert first["score"] == pytest.approx(1, abs=1e-3)
    assert answer["degraded"] is None
    assert answer["as_of"]
    snapshot = Pipeline(embedder=Spelling(), bucket=pipeline.bucket)
    snapshot.publish("a.md", "b.md")
    meaning = {"embedding": 1, "text": 0}
    assert snapshot.search("koala", weights=meaning)["results"] == answer["results"]


def test_a_reader_that_is_behind_looks_again_before_it_answers(pipeline):
    assert ask(pipeline, "koala") == ["a.md", "b.md"]
    behind = load_view(pipeline.bucket, pipeline.vectors, "docs", None)
    pipeline.put("a.md", "koalas")
    pipeline.publish("a.md")
    pipeline.service._indexes["docs"]._value = behind
    pipeline.service._indexes["docs"]._due = float("inf")
    assert ask(pipeline, "koala") == ["a.md", "b.md"]


def test_what_no_generation_lists_is_not_found(pipeline):
    """A publisher that put its chunks and died."""
    kept = dict(pipeline.vectors.vectors)
    pipeline.put("a.md", "koala koala")
    pipeline.publish("a.md")
    pipeline.vectors.vectors |= kept
    answer = pipeline.search("koala")["results"]
    assert [result["path"] for result in answer] == ["a.md", "b.md"]
    assert answer[0]["text"].strip() == "koala koala"


def test_filters_apply_before_the_ranking_and_types_are_checked(pipeline):
    only = {"type": "eq", "key": "language", "value": "de"}
    assert pipeline.found("koala", filters=only, top_k=1) == ["b.md"]
    assert pipeline.found("koala", filters={"type": "ne", "key": "year", "value": "2"}) == ["a.md"]
    assert pipeline.found("koala", filters={"type": "eq", "key": "none", "value": 1}) == []
    with pytest.raises(SearchError, match="cannot be compared with a number") as caught:
        pipeline.found("koala", filters={"type": "eq", "key": "year", "value": 1})
    assert caught.value.code == "invalid_request"


def test_words_alone_are_refused(pipeline):
    with pytest.raises(SearchError, match="is not searched by words") as caught:
        pipeline.found("koala", weights={"embedding": 0, "text": 1})
    assert (caught.value.code, caught.value.param) == ("invalid_request", "weights")


def test_a_threshold_and_the_most_results_hold(pipeline):
    assert pipeline.found("koala", threshold=0.9) == ["a.md"]
    assert pipeline.found("koala", top_k=1) == ["a.md"]
    assert pipeline.found("12345") == [], "nothing is near to no direction"


def test_an_embedder_or_an_index_that_does_not_answer_is_said(pipeline):
    def refuse(_operation):
        raise StorageError("S3 Vectors cannot be used: TooManyRequestsException")

    pipeline.vectors.before = refuse
    with pytest.raises(SearchError, match="cannot be read now") as caught:
        pipeline.found("koala")
    assert caught.value.code == "unavailable"
    assert pipeline.failures

    pipeline.service._embedder = lambda identity: None
    with pytest.raises(SearchError, match="has no vector") as caught:
        pipeline.found("koala")
    assert caught.value.code == "unavailable"


def test_a_bucket_that_is_away_leaves_the_last_generation(pipeline):
    assert ask(pipeline, "koala") == ["a.md", "b.md"]

    def refuse(_key):
        raise StorageError("S3 cannot be used: AccessDenied")

    stale = {f"{key[:25]}{'0' * 16}#0": one for key, one in pipeline.vectors.vectors.items()}
    pipeline.vectors.vectors |= {key: replace(one, key=key) for key, one in stale.items()}
    pipeline.bucket.before_read = refuse
    assert pipeline.found("koala") == ["a.md", "b.md"], "though it cannot look again"


def test_a_store_of_nothing_has_no_results():
    empty = Pipeline(embedder=NoEmbedder(), vectors=MemoryVectors())
    assert empty.found("koala") == []
    assert empty.catalogue.status({"store": "docs"})["documents"] == 0


def test_a_new_environment_serves_the_newest_generation_that_can_be_read(pipeline):
    there = set(pipeline.bucket.objects)
    pipeline.put("c.md", "emu")
    pipeline.publish("c.md")
    for key in set(pipeline.bucket.objects) - there:
        if "/generations/" in key:
            pipeline.bucket.delete(key)
    fresh = load_view(pipeline.bucket, pipeline.vectors, "docs", None)
    assert len(fresh.generation.documents) == 2
    with pytest.raises(StorageError, match="is gone"):
        load_view(pipeline.bucket, pipeline.vectors, "docs", fresh)
