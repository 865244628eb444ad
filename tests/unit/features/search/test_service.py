from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import SearchError, StorageError
from features.index.paths import DocumentName
from features.search import service
from features.search.snapshot_store import load_snapshot
from features.settings import StoreSettings
from tests.support.features.pipeline import Pipeline, minilm

FORCED = {"type": "eq", "key": "audience", "value": "public"}


def filled(stores, **how):
    pipeline = Pipeline(stores=stores, **how)
    pipeline.put("open.md", "koala", audience="public")
    pipeline.put("closed.md", "koala koala", audience="staff")
    pipeline.publish("open.md", "closed.md")
    return pipeline


def test_a_store_is_for_the_callers_that_config_names():
    pipeline = filled((StoreSettings("docs", frozenset({"web"})),), embedder=NoEmbedder())
    assert pipeline.found("koala", caller="web")
    messages = set()
    for store, caller in (("docs", "other"), ("docs", None), ("none", "web"), ("X/", "web")):
        with pytest.raises(SearchError) as caught:
            pipeline.service.search({"store": store, "query": "koala", "caller": caller})
        assert caught.value.code == "store_not_found"
        messages.add(str(caught.value).replace(repr(store), "..."))
    assert messages == {"there is no store ..."}


def test_a_forced_filter_is_added_whatever_the_caller_sends():
    pipeline = filled((StoreSettings("docs", None, FORCED),), embedder=NoEmbedder())
    assert pipeline.found("koala") == ["open.md"]
    either = {"type": "in", "key": "audience", "value": ["staff", "public"]}
    assert pipeline.found("koala", filters=either) == ["open.md"]


@pytest.mark.parametrize("forced", [{"type": "gt", "key": "x", "value": True}, {}])
def test_a_forced_filter_that_is_none_closes_its_own_store_only(forced):
    stores = (StoreSettings("docs", None, forced), StoreSettings("more"))
    pipeline = filled(stores, embedder=NoEmbedder())
    with pytest.raises(SearchError) as caught:
        pipeline.search("koala")
    assert caught.value.code == "unavailable"
    assert [type(error) for error in pipeline.failures] == [SearchError]
    assert pipeline.service.search({"store": "more", "query": "koala"})["results"] == []


def test_a_store_of_no_config_is_found_once_it_has_documents():
    pipeline = filled((), embedder=NoEmbedder())
    assert sorted(pipeline.found("koala")) == ["closed.md", "open.md"]


def test_a_long_query_is_cut_at_what_the_embedder_reads():
    pipeline = filled((StoreSettings("docs"),), embedder=NoEmbedder())
    (cut,) = pipeline.search("word " * 10_000)["queries"]
    assert cut.split() == ["word"] * 254


def test_words_beyond_the_cut_are_not_searched_for():
    pipeline = filled((StoreSettings("docs"),), embedder=NoEmbedder())
    assert pipeline.found("word " * 100 + "koala")
    assert not pipeline.found("word " * 300 + "koala")


def test_an_embedder_that_does_not_answer_leaves_the_words():
    class Broken:
        identity = minilm().identity

        def embed(self, texts):
            raise StorageError("away")

    pipeline = filled((StoreSettings("docs"),))
    pipeline.service._embedder = lambda identity: Broken()
    answer = pipeline.search("koala")
    assert answer["degraded"] == "the embedder does not answer"
    assert len(answer["results"]) == 2

    pipeline.service._embedder = lambda identity: None
    assert pipeline.search("koala")["degraded"] == "the index has another embedder"


def test_a_bucket_that_cannot_be_read_is_said_only_before_the_first_answer():
    def refuse(key):
        raise StorageError("S3 cannot be used: AccessDenied")

    pipeline = filled((StoreSettings("docs"),), embedder=NoEmbedder())
    pipeline.bucket.before_read = refuse
    with pytest.raises(SearchError, match="cannot be read now") as caught:
        pipeline.service.search({"store": "docs", "query": "koala"})
    assert caught.value.code == "unavailable"

    pipeline.bucket.before_read = lambda key: None
    assert pipeline.found("koala")
    pipeline.bucket.before_read = refuse
    assert pipeline.found("koala")
    assert pipeline.failures


def test_a_store_that_is_held_is_told_of_as_it_is_searched_and_another_as_it_is_published():
    pipeline = Pipeline(stores=(), embedder=NoEmbedder())
    assert pipeline.service.generation("docs") is None
    pipeline.put("open.md", "koala")
    pipeline.publish("open.md")
    assert pipeline.service.generation("docs").created
    assert not pipeline.service.warm()["warm"], "nothing was loaded for it"

    pipeline.found("koala")
    assert pipeline.service.generation("docs") is pipeline.service._indexes["docs"].get().generation


def of_callers(*stores, text=b"koala", **how):
    """A pipeline with a document in each store; "docs" is config's."""
    pipeline = Pipeline(stores=(StoreSettings("docs"),), embedder=NoEmbedder(), **how)
    for store in stores:
        name = DocumentName(store, "a.md")
        pipeline.bucket.put(name.key, text)
        pipeline.indexer.bring_up_to_date(name)
        pipeline.publisher.publish(store, [name.id])
    return pipeline


@pytest.mark.parametrize("bound", ["memory", "number"])
def test_callers_stores_that_nobody_used_lately_give_way(monkeypatch, bound):
    stores, bounds = ("docs", "own-a", "own-b", "own-c"), {}
    if bound == "memory":
        one = load_snapshot(of_callers("own-a").bucket, "own-a", None).size
        bounds = {"callers_bytes": 2 * one}
    else:
        monkeypatch.setattr(service, "MOST_STORES", 2)
    pipeline = of_callers(*stores, **bounds)
    for store in ("own-a", "own-b", "own-a", "docs", "own-c"):
        assert pipeline.service.search({"store": store, "query": "koala"})["results"]
    assert pipeline.service.warm() == {"warm": ["docs", "own-a", "own-c"]}
    assert pipeline.service.search({"store": "own-b", "query": "koala"})["results"]


def test_callers_stores_that_grow_while_they_are_held_give_way_as_well():
    small = of_callers("own-a", "own-b", "own-c")
    one = load_snapshot(of_callers("own-a", text=b"koala " * 1000).bucket, "own-a", None).size
    pipeline = of_callers(bucket=small.bucket, callers_bytes=2 * one)
    for store in ("own-a", "own-b", "own-c"):
        assert pipeline.service.search({"store": store, "query": "koala"})["results"]
    of_callers("own-a", "own-b", "own-c", text=b"koala " * 1000, bucket=small.bucket)

    assert pipeline.service.warm() == {"warm": ["docs", "own-b", "own-c"]}


def test_a_callers_store_that_is_too_large_pushes_no_other_out():
    small = of_callers("own-a")
    one = load_snapshot(small.bucket, "own-a", None).size
    pipeline = of_callers(
        "own-b", text=b"koala " * 1000, bucket=small.bucket, callers_bytes=2 * one
    )
    assert pipeline.service.search({"store": "own-a", "query": "koala"})["results"]
    with pytest.raises(SearchError, match="takes more than"):
        pipeline.service.search({"store": "own-b", "query": "koala"})
    assert "own-a" in pipeline.service.warm()["warm"]
    counts = pipeline.catalogue.counts(["own-b"])
    assert counts == {"counts": {"own-b": {"ready": 1, "failed": 0}}}
    assert not pipeline.failures, "no alarm goes off for what a caller made"
