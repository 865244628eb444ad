"""Generations on a bucket in memory: races, changed embedders, what is left behind."""

from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import StorageError
from features.index.paths import DocumentName
from features.ingestion import publisher
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


def test_no_more_records_are_held_at_once_than_memory_has_room_for(pipeline, monkeypatch):
    monkeypatch.setattr(publisher, "_MOST_CHUNKS", 2)
    monkeypatch.setattr(publisher, "_THREADS", 1)
    names = [f"{number}.md" for number in range(5)]
    for name in names:
        pipeline.put(name, "koala")
    left, steps = [DocumentName("docs", name).id for name in names], []
    while left:
        published = pipeline.publisher.publish("docs", left)
        steps.append(len(published.changed))
        left = published.left
    assert steps == [2, 2, 1]
    assert sorted(pipeline.found("koala")) == names


def test_an_unknown_document_is_nothing_to_publish(pipeline):
    assert pipeline.publish("none.md").generation is None
    assert pipeline.bucket.writes == []


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


def damage(pipeline, part, body):
    """Replace all that has a part in its key, or take it out."""
    for key in [key for key in pipeline.bucket.objects if part in key]:
        if body is None:
            pipeline.bucket.delete(key)
        else:
            pipeline.bucket.put(key, body)


@pytest.mark.parametrize("body", [None, b"damaged"], ids=["gone", "damaged"])
@pytest.mark.parametrize("part", ["/generations/", "/segments/", "current.json", "serving.json"])
@pytest.mark.parametrize("place", ["snapshot", "vectors"])
def test_a_store_with_a_part_gone_or_damaged_is_published_anew(place, part, body):
    vectors = MemoryVectors() if place == "vectors" else None
    pipeline = Pipeline(embedder=Spelling(), vectors=vectors)
    for path, text in {"a.md": "koala", "b.md": "wombat", "c.md": "emu"}.items():
        pipeline.put(path, text)
        pipeline.publish(path)
    pipeline.delete("c.md")
    pipeline.publish("c.md")
    damage(pipeline, part, body)
    pipeline.put("a.md", "quokka")
    pipeline.publish("a.md")
    found = Pipeline(embedder=Spelling(), bucket=pipeline.bucket, vectors=vectors)
    assert sorted(set(found.found("koala wombat quokka"))) == ["a.md", "b.md"]
    assert found.failures == []


@pytest.mark.parametrize("part", ["/generations/", "/segments/", "current.json"])
def test_what_is_gone_is_made_anew_without_an_upload(pipeline, part):
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    assert not pipeline.publisher.repair("docs")
    damage(pipeline, part, None)
    assert pipeline.publisher.repair("docs")
    assert not pipeline.publisher.repair("docs")
    assert pipeline.found("koala") == ["a.md"]
    assert not pipeline.publisher.repair("other")
