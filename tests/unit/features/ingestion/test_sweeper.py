"""What leaves the bucket, and when: generations, stores, and indexes that were replaced."""

from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.index.paths import DocumentName, own_store
from tests.support.features.memory_vectors import MemoryVectors
from tests.support.features.pipeline import Pipeline
from tests.support.features.spelling import OtherEmbedder, Spelling


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(embedder=NoEmbedder())


def aged(pipeline, hours=2):
    pipeline.bucket.age(hours)


def test_garbage_goes_after_an_hour_and_nothing_that_is_read(pipeline):
    for text in ("koala", "wombat", "quokka"):
        pipeline.put("a.md", text)
        pipeline.publish("a.md")
    assert pipeline.sweeper.collect_garbage("docs") == 0

    aged(pipeline)
    assert pipeline.sweeper.stores() == ["docs"]
    assert pipeline.sweeper.collect_garbage("docs") == 4
    assert pipeline.found("quokka") == ["a.md"]
    assert sum("/generations/" in key for key in pipeline.bucket.objects) == 1
    assert pipeline.sweeper.collect_garbage("docs") == 0


def of_caller(pipeline, store_id):
    """A caller's store with a document, published; its name."""
    pipeline.bucket.put(f"stores/ann/{store_id}.json", b"{}")
    name = DocumentName(own_store(f"stores/ann/{store_id}.json"), "a.md")
    pipeline.bucket.put(name.key, b"koala")
    pipeline.indexer.bring_up_to_date(name)
    pipeline.publisher.publish(name.store, [name.id])
    return name.store


def test_the_index_of_a_store_that_its_caller_deleted_is_removed(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    pipeline.bucket.put("stores/~batches/ann/vs_1/vsfb_1.json", b"{}")
    kept, deleted = of_caller(pipeline, "vs_1"), of_caller(pipeline, "vs_2")
    sweeping = pipeline.sweeper
    assert sweeping.gone(sweeping.stores()) == set()

    pipeline.bucket.delete("stores/ann/vs_2.json")
    assert sweeping.gone(sweeping.stores()) == {deleted}
    assert sweeping.remove(deleted) == 0, "an hour has not passed"
    aged(pipeline)
    assert sweeping.remove(deleted) == 0, "its documents are still being deleted"
    pipeline.bucket.delete(DocumentName(deleted, "a.md").key)
    assert sweeping.remove(deleted) > 0
    assert sweeping.stores() == sorted(["docs", kept])


def test_vectors_that_only_the_generation_names_keep_its_index():
    pipeline = Pipeline(embedder=Spelling(), vectors=MemoryVectors())
    deleted = of_caller(pipeline, "vs_1")
    pipeline.bucket.delete("stores/ann/vs_1.json")
    name = DocumentName(deleted, "a.md")
    pipeline.bucket.delete(name.key)
    aged(pipeline)
    assert pipeline.sweeper.remove(deleted) == 0, "ingestion has not seen the deletion"
    pipeline.indexer.bring_up_to_date(name)
    pipeline.publisher.publish(deleted, [name.id])
    aged(pipeline)
    assert pipeline.sweeper.remove(deleted) > 0
    assert pipeline.sweeper.stores() == []


def test_a_store_without_generations_has_no_garbage(pipeline):
    assert pipeline.sweeper.collect_garbage("docs") == 0


def test_an_index_that_was_replaced_is_removed_when_nobody_needs_it(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    other = Pipeline(embedder=OtherEmbedder(), bucket=pipeline.bucket)
    aged(pipeline, 4)
    assert other.sweeper.remove_replaced("docs") == 0, "readers use it still"
    other.fill()
    assert other.sweeper.remove_replaced("docs") == 0, "it was replaced just now"
    aged(pipeline, 4)
    assert other.sweeper.remove_replaced("docs") > 0
    old = pipeline.embedder.identity.short
    assert [key for key in pipeline.bucket.objects if old in key] == []
    assert other.sweeper.remove_replaced("docs") == 0
    assert other.found("koala") == ["a.md"]


def test_garbage_of_the_index_that_readers_use_goes_while_another_is_filled(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.put("b.md", "wombat")
    pipeline.publish("a.md", "b.md")
    other = Pipeline(embedder=OtherEmbedder(), bucket=pipeline.bucket)
    other.delete("a.md")
    other.publish("a.md")
    aged(pipeline)
    assert other.sweeper.collect_garbage("docs") == 2
    assert b"koala" not in b"".join(found.body for found in pipeline.bucket.objects.values())
    assert pipeline.found("wombat") == ["b.md"]
