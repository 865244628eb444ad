from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import SearchError, StorageError
from features.search import catalogue
from features.settings import StoreSettings
from tests.support.features.pipeline import STORE, Pipeline


@pytest.fixture
def pipeline():
    pipeline = Pipeline(embedder=NoEmbedder())
    pipeline.put("a.md", "koala")
    pipeline.put("b.md", b"\x00" * 50)
    pipeline.put("c.md", "Die Bibliothek hat bis neun Uhr auf und dann zu. " * 10)
    pipeline.publish("a.md", "b.md", "c.md")
    return pipeline


def test_status_counts(pipeline):
    status = pipeline.catalogue.status({"store": STORE})
    counted = [status[name] for name in ("documents", "chunks", "failed", "other_languages")]
    assert counted == [3, 2, 1, 1]
    assert status["as_of"].endswith("+00:00")
    assert [failure["path"] for failure in status["failures"]] == ["b.md"]
    assert "files" not in status


def test_the_state_of_each_document_or_of_those_asked_for(pipeline):
    files = pipeline.catalogue.status({"store": STORE, "files": True})["files"]
    assert {path: file["state"] for path, file in files.items()} == {
        "a.md": "ready",
        "b.md": "failed",
        "c.md": "ready",
    }
    assert files["b.md"]["last_error"]["code"] == "unsupported_file"
    some = pipeline.catalogue.status({"store": STORE, "files": ["a.md", "none.md"]})["files"]
    assert some == {"a.md": files["a.md"]}
    assert some["a.md"]["modified"] > 0


def test_several_stores_are_counted_at_once_and_one_that_is_not_there_has_none(pipeline):
    assert pipeline.catalogue.counts([STORE, "none"]) == {
        "counts": {STORE: {"ready": 2, "failed": 1}, "none": {"ready": 0, "failed": 0}}
    }


def test_the_text_of_a_document_by_chunks(pipeline, monkeypatch):
    text = "".join(f"## {word}\n\n{word} " + "word " * 100 + "\n\n" for word in ("one", "two"))
    pipeline.put("long.md", text)
    pipeline.publish("long.md")
    whole = pipeline.catalogue.content({"store": STORE, "content": "long.md"})
    assert len(whole["texts"]) > 1
    assert "".join(whole["texts"]) == text
    assert whole["next"] is None

    monkeypatch.setattr(catalogue, "_MOST_CHARACTERS", len(whole["texts"][0]))
    first = pipeline.catalogue.content({"store": STORE, "content": "long.md"})
    assert (first["texts"], first["next"]) == (whole["texts"][:1], 1)
    rest = pipeline.catalogue.content({"store": STORE, "content": "long.md", "start": 1})
    assert rest["texts"][0] == whole["texts"][1]


@pytest.mark.parametrize("store", [STORE, "none"])
def test_a_document_that_is_not_there_has_no_text(pipeline, store):
    told = {"store": store, "content": "none.md"}
    assert pipeline.catalogue.content(told) == {"texts": [], "next": None}


def test_a_store_for_others_is_not_looked_into():
    pipeline = Pipeline(stores=(StoreSettings(STORE, frozenset({"web"})),), embedder=NoEmbedder())
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    looks = (
        lambda: pipeline.catalogue.status({"store": STORE, "caller": "other"}),
        lambda: pipeline.catalogue.content({"store": STORE, "content": "a.md"}),
        lambda: pipeline.catalogue.counts([STORE]),
    )
    for look in looks:
        with pytest.raises(SearchError) as caught:
            look()
        assert caught.value.code == "store_not_found"
    assert pipeline.catalogue.status({"store": STORE, "caller": "web"})["documents"] == 1


def test_a_bucket_that_cannot_be_read_is_said(pipeline):
    def refuse(key):
        if "/records/" in key or reading_fails:
            raise StorageError("S3 cannot be used: AccessDenied")

    reading_fails = False
    pipeline.bucket.before_read = refuse
    with pytest.raises(SearchError, match="document cannot be read now"):
        pipeline.catalogue.content({"store": STORE, "content": "a.md"})
    reading_fails = True
    with pytest.raises(SearchError, match="store cannot be read now"):
        pipeline.catalogue.status({"store": STORE})
