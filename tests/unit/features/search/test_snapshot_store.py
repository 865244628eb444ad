from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import StorageError
from features.search.snapshot_store import EMPTY, load_snapshot
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
