"""A changed embedder, or place: its index is filled beside the old one, and takes over."""

from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import SearchError
from features.index.paths import DocumentName, own_store
from tests.support.features.memory_vectors import MemoryVectors
from tests.support.features.pipeline import Pipeline
from tests.support.features.spelling import OtherEmbedder, OtherSpelling, Spelling


@pytest.fixture
def old() -> Pipeline:
    """An embedder with two documents, an hour ago."""
    pipeline = Pipeline(embedder=NoEmbedder())
    pipeline.put("a.md", "koala")
    pipeline.put("b.md", "wombat")
    pipeline.publish("a.md", "b.md")
    pipeline.bucket.age(1)
    return pipeline


@pytest.fixture
def new(old) -> Pipeline:
    """The embedder after it."""
    return Pipeline(embedder=OtherEmbedder(), bucket=old.bucket)


def served(pipeline):
    return pipeline.embedder.identity.digest.encode() in (
        pipeline.bucket.objects["index/docs/serving.json"].body
    )


def test_a_changed_embedder_takes_over_when_it_has_all_documents(old, new):
    assert new.filler.stores() == ["docs"]
    assert [name.path for name in new.filler.lacking("docs")] == ["a.md", "b.md"]
    new.event("a.md")
    new.publish("a.md")
    assert served(old)
    assert [name.path for name in new.filler.lacking("docs")] == ["b.md"]

    assert new.fill() == ["b.md"]
    assert served(new)
    assert new.filler.lacking("docs") == []
    assert [new.found(word) for word in ("koala", "wombat")] == [["a.md"], ["b.md"]]


def test_uploads_and_deletions_during_a_change_of_embedder_reach_readers(old, new):
    new.delete("a.md")
    new.put("c.md", "quokka")
    new.publish("a.md", "c.md")

    assert served(old)
    assert (new.found("koala"), new.found("wombat")) == ([], ["b.md"])
    kept = b"".join(
        new.bucket.objects[key].body for key in new.bucket.objects if "/records/" in key
    )
    assert b"koala" not in kept

    assert new.fill() == ["b.md"]
    assert [new.found(word) for word in ("koala", "wombat", "quokka")] == [[], ["b.md"], ["c.md"]]


def test_the_last_document_to_be_looked_at_may_be_one_that_is_gone(old, new):
    new.event("a.md")
    new.publish("a.md")
    new.delete("b.md")
    new.publish("b.md")
    assert served(new)
    assert new.found("koala") == ["a.md"]


def test_an_emptied_store_is_empty_in_the_new_index_as_well(old, new):
    for path in ("a.md", "b.md"):
        new.delete(path)
        new.publish(path)
    assert served(new)
    assert (new.found("koala"), new.found("wombat")) == ([], [])


def test_a_deployment_taken_back_lacks_nothing_of_what_came_meanwhile(old, new):
    new.put("a.md", "quokka")
    new.publish("a.md")
    assert served(old)
    old.put("c.md", "emu")
    old.publish("c.md")

    assert old.fill() == ["a.md", "b.md", "c.md"]
    assert (old.found("koala"), old.found("quokka")) == ([], ["a.md"])


def test_an_embedder_that_comes_back_starts_from_the_documents(old, new):
    new.fill()
    new.put("a.md", "quokka")
    new.publish("a.md")
    new.delete("b.md")
    new.publish("b.md")
    old.put("c.md", "emu")
    old.publish("c.md")
    assert served(new), "what the old index had is of long ago"
    old.fill()
    assert served(old)
    assert [old.found(word) for word in ("koala", "wombat", "quokka")] == [[], [], ["a.md"]]


def test_readers_find_the_index_that_took_over_just_then(old, new):
    def replace(key):
        if key.endswith("current.json"):
            old.bucket.before_read = lambda _key: None
            new.fill()

    old.bucket.before_read = replace
    assert new.catalogue.status({"store": "docs"})["documents"] == 2


def test_stores_of_callers_are_filled_as_well(old, new):
    name = DocumentName(own_store("stores/ann/vs_1.json"), "a.md")
    old.bucket.put(name.key, b"koala")
    old.bucket.put(name.sidecar, b"{}")
    assert new.filler.lacking(name.store) == [name]


def test_vectors_of_a_changed_embedder_serve_at_once_as_the_old_ones_went_with_their_index():
    old = Pipeline(embedder=Spelling(), vectors=MemoryVectors())
    old.put("a.md", "koala")
    old.put("b.md", "wombat")
    old.publish("a.md", "b.md")
    old.bucket.age(1)
    new = Pipeline(embedder=OtherSpelling(), bucket=old.bucket, vectors=MemoryVectors())
    with pytest.raises(SearchError, match="the question has no vector"):
        new.found("koala")
    new.event("a.md")
    new.publish("a.md")
    assert new.found("koala") == ["a.md"]
    assert new.fill() == ["b.md"]
    assert sorted(new.found("wombat")) == ["a.md", "b.md"]


def test_another_place_is_filled_from_the_records_and_back():
    segments = Pipeline(embedder=Spelling())
    segments.put("a.md", "koala")
    segments.put("b.md", "wombat")
    segments.publish("a.md", "b.md")
    segments.bucket.age(1)
    vectors = Pipeline(embedder=Spelling(), bucket=segments.bucket, vectors=MemoryVectors())
    vectors.put("a.md", "quokka")
    vectors.publish("a.md")
    assert vectors.fill() == ["b.md"]
    vectors.delete("b.md")
    vectors.publish("b.md")

    assert segments.fill() == ["a.md", "b.md"]
    assert sorted(segments.found("quokka")) == ["a.md"]
    vectors.bucket.age(4)
    assert segments.sweeper.remove_replaced("docs") > 0
    assert segments.filler.lacking("docs") == []
