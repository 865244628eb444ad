"""Generations on a bucket in memory: races, changed embedders, what is left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from features.embedding.embedder import EmbedderIdentity, NoEmbedder
from features.errors import StorageError
from features.index.paths import DocumentName, own_store
from features.ingestion.chunk_writer import SegmentWriter
from features.ingestion.publisher import Publisher
from tests.support.features.memory_vectors import MemoryVectors
from tests.support.features.pipeline import Pipeline
from tests.support.features.spelling import Spelling


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(embedder=NoEmbedder())


def test_of_two_publishers_at_once_no_change_is_lost(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.put("b.md", "wombat")
    pipeline.put("c.md", "quokka")
    pipeline.publish("c.md")

    def overtake(key):
        if key.endswith("current.json"):
            pipeline.bucket.before_write = lambda _key: None
            pipeline.publish("b.md")

    pipeline.bucket.before_write = overtake
    pipeline.publish("a.md")

    assert [pipeline.found(word) for word in ("koala", "wombat", "quokka")] == [
        ["a.md"],
        ["b.md"],
        ["c.md"],
    ]


def test_a_publisher_killed_at_any_write_leaves_a_whole_generation(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    for fatal in range(3):
        pipeline.put("a.md", f"wombat {fatal}")
        left = fatal

        def die(key):
            nonlocal left
            if not left:
                raise KeyboardInterrupt
            left -= 1

        pipeline.bucket.before_write = die
        with pytest.raises(KeyboardInterrupt):
            pipeline.publish("a.md")
        pipeline.bucket.before_write = lambda _key: None
        assert pipeline.found("koala") == ["a.md"]
    pipeline.publish("a.md")
    assert (pipeline.found("koala"), pipeline.found("wombat")) == ([], ["a.md"])


def test_an_unknown_document_is_nothing_to_publish(pipeline):
    assert pipeline.publish("none.md").generation is None
    assert pipeline.bucket.writes == []


def test_garbage_goes_after_an_hour_and_nothing_that_is_read(pipeline):
    for text in ("koala", "wombat", "quokka"):
        pipeline.put("a.md", text)
        pipeline.publish("a.md")
    assert pipeline.publisher.collect_garbage("docs") == 0

    for key, found in pipeline.bucket.objects.items():
        older = found.modified - timedelta(hours=2)
        pipeline.bucket.objects[key] = replace(found, modified=older)
    assert pipeline.publisher.stores() == ["docs"]
    assert pipeline.publisher.collect_garbage("docs") == 4
    assert pipeline.found("quokka") == ["a.md"]
    assert sum("/generations/" in key for key in pipeline.bucket.objects) == 1
    assert pipeline.publisher.collect_garbage("docs") == 0


def aged(pipeline):
    for key, found in pipeline.bucket.objects.items():
        older = found.modified - timedelta(hours=2)
        pipeline.bucket.objects[key] = replace(found, modified=older)


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
    publisher = pipeline.publisher
    assert publisher.gone(publisher.stores()) == set()

    pipeline.bucket.delete("stores/ann/vs_2.json")
    assert publisher.gone(publisher.stores()) == {deleted}
    assert publisher.remove(deleted) == 0, "an hour has not passed"
    aged(pipeline)
    assert publisher.remove(deleted) == 0, "its documents are still being deleted"
    pipeline.bucket.delete(DocumentName(deleted, "a.md").key)
    assert publisher.remove(deleted) > 0
    assert publisher.stores() == sorted(["docs", kept])


def test_vectors_that_only_the_generation_names_keep_its_index():
    pipeline = Pipeline(embedder=Spelling(), vectors=MemoryVectors())
    deleted = of_caller(pipeline, "vs_1")
    pipeline.bucket.delete("stores/ann/vs_1.json")
    name = DocumentName(deleted, "a.md")
    pipeline.bucket.delete(name.key)
    aged(pipeline)
    assert pipeline.publisher.remove(deleted) == 0, "ingestion has not seen the deletion"
    pipeline.indexer.bring_up_to_date(name)
    pipeline.publisher.publish(deleted, [name.id])
    aged(pipeline)
    assert pipeline.publisher.remove(deleted) > 0
    assert pipeline.publisher.stores() == []


def test_a_store_without_generations_has_no_garbage(pipeline):
    assert pipeline.publisher.collect_garbage("docs") == 0


class OtherEmbedder(NoEmbedder):
    identity = EmbedderIdentity("none", "1" * 12, 0)


def test_a_changed_embedder_takes_over_when_it_has_all_documents(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.put("b.md", "wombat")
    pipeline.publish("a.md", "b.md")
    other = Pipeline(embedder=OtherEmbedder(), bucket=pipeline.bucket)
    serving = pipeline.bucket.objects["index/docs/serving.json"].body

    other.event("a.md")
    other.publish("a.md")
    assert pipeline.bucket.objects["index/docs/serving.json"].body == serving

    other.event("b.md")
    other.publish("b.md")
    assert b"1" * 12 in pipeline.bucket.objects["index/docs/serving.json"].body
    assert other.found("koala") == ["a.md"]


def test_others_that_never_stop_are_told(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.put("b.md", "wombat")
    bucket = pipeline.bucket
    rival = Publisher(bucket, bucket, pipeline.embedder.identity, SegmentWriter(bucket))
    pipeline.publish("b.md")

    def disturb(key):
        if key.endswith("current.json"):
            body = pipeline.bucket.objects[key].body + b" "
            pipeline.bucket._write(key, body, {})

    pipeline.bucket.before_write = disturb
    with pytest.raises(StorageError, match="was published 20 times meanwhile"):
        rival.publish("docs", [name.rpartition("/")[2] for name in _records(pipeline)])


def _records(pipeline):
    return [key for key in pipeline.bucket.objects if "/records/" in key]
