from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import DamagedError, SearchError, StorageError
from features.search import snapshot_store
from features.search.query import Query
from features.search.snapshot_store import EMPTY, load_snapshot
from features.settings import CALLERS_MB
from tests.support.features.pipeline import Pipeline


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline(embedder=NoEmbedder())
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    return pipeline


def test_a_store_without_generations_is_empty(pipeline):
    assert load_snapshot(pipeline.bucket, "other", None) is EMPTY


def test_without_news_it_is_the_same_snapshot(pipeline):
    first = load_snapshot(pipeline.bucket, "docs", None)
    assert load_snapshot(pipeline.bucket, "docs", first) is first


def test_segments_that_did_not_change_are_not_read_again(pipeline, monkeypatch):
    monkeypatch.setattr("features.index.packing.MOST_CHUNKS", 1)
    first = load_snapshot(pipeline.bucket, "docs", None)
    pipeline.put("b.md", "wombat")
    pipeline.publish("b.md")
    read = []
    pipeline.bucket.before_read = read.append

    second = load_snapshot(pipeline.bucket, "docs", first)

    assert len(second.tables) == 2
    assert first.tables.items() <= second.tables.items()
    assert sum("/segments/" in key for key in read) == 1


@pytest.mark.parametrize(
    ("chunks", "size", "reason"),
    [
        (1, CALLERS_MB << 20, "this store has 2 chunks, and 1 can be searched"),
        (2, 1, "takes more than 0 MiB of memory"),
    ],
)
def test_a_callers_store_over_a_bound_is_told_of_and_not_loaded(
    pipeline, monkeypatch, chunks, size, reason
):
    monkeypatch.setattr(snapshot_store, "MOST_CHUNKS", chunks)
    pipeline.put("b.md", "wombat")
    pipeline.publish("b.md")
    read = []
    pipeline.bucket.before_read = read.append

    large = load_snapshot(pipeline.bucket, "docs", None, most_bytes=size)

    assert len(large.generation.documents) == 2
    assert large.size == large.generation.size > 0, "its documents are held"
    assert chunks == 2 or not any("/segments/" in key for key in read)
    with pytest.raises(SearchError, match=reason) as caught:
        large.search(Query("koala"), None)
    assert caught.value.code == "invalid_request"
    assert load_snapshot(pipeline.bucket, "docs", large, most_bytes=size) is large
    config = load_snapshot(pipeline.bucket, "docs", None, declared={"docs"}, most_bytes=size)
    assert len(config.search(Query("koala"), None)) == 1


def test_a_callers_segment_is_not_even_parsed_where_its_text_is_too_long(pipeline, monkeypatch):
    monkeypatch.setattr(snapshot_store, "_MOST_JSON_BYTES", 10)
    large = load_snapshot(pipeline.bucket, "docs", None)
    with pytest.raises(SearchError, match="takes more than 512 MiB of memory"):
        large.search(Query("koala"), None)
    assert load_snapshot(pipeline.bucket, "docs", None, declared={"docs"}).tables


def test_a_store_is_searched_again_when_it_is_small_enough(pipeline, monkeypatch):
    monkeypatch.setattr(snapshot_store, "MOST_CHUNKS", 1)
    pipeline.put("b.md", "wombat")
    pipeline.publish("b.md")
    large = load_snapshot(pipeline.bucket, "docs", None)
    pipeline.delete("b.md")
    pipeline.publish("b.md")
    small = load_snapshot(pipeline.bucket, "docs", large)
    assert len(small.search(Query("koala"), None)) == 1


@pytest.mark.parametrize("part", ["/segments/", "/generations/"])
def test_the_last_good_generation_serves_while_a_part_is_damaged(pipeline, part):
    assert pipeline.found("koala") == ["a.md"]
    pipeline.put("a.md", "wombat")
    pipeline.publish("a.md")
    good = dict(pipeline.bucket.objects)
    for key in good:
        if part in key:
            pipeline.bucket.put(key, b"damaged")

    assert pipeline.found("koala") == ["a.md"]
    assert any(isinstance(error, StorageError) for error in pipeline.failures)

    pipeline.bucket.objects |= good
    assert pipeline.found("koala") == []


@pytest.mark.parametrize("body", [None, b"damaged"], ids=["gone", "damaged"])
def test_a_new_environment_serves_the_newest_generation_that_can_be_read(pipeline, body):
    there = set(pipeline.bucket.objects)
    pipeline.put("a.md", "wombat")
    pipeline.publish("a.md")
    for key in set(pipeline.bucket.objects) - there:
        if "/generations/" in key:
            pipeline.bucket.delete(key) if body is None else pipeline.bucket.put(key, body)

    fresh = Pipeline(embedder=NoEmbedder(), bucket=pipeline.bucket)
    assert fresh.catalogue.status({"store": "docs"})["documents"] == 1
    assert fresh.found("koala") == ["a.md"]
    assert fresh.failures, "the alarm goes off all the same"


def test_a_store_of_which_nothing_can_be_read_is_unavailable(pipeline):
    for key in [key for key in pipeline.bucket.objects if "/generations/" in key]:
        pipeline.bucket.delete(key)
    with pytest.raises(DamagedError, match="no generation that can be read"):
        load_snapshot(pipeline.bucket, "docs", None)
