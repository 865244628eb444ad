"""A store of vectors from documents to what lies in the index, whoever dies on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.embedding.embedder import EmbedderIdentity
from features.errors import StorageError
from features.index.paths import DocumentName, IndexPaths
from features.index.reading import read_record
from tests.support.features.memory_vectors import MemoryVectors
from tests.support.features.pipeline import Pipeline
from tests.support.features.spelling import Spelling


@pytest.fixture
def vectors() -> MemoryVectors:
    return MemoryVectors()


@pytest.fixture
def pipeline(vectors) -> Pipeline:
    return Pipeline(embedder=Spelling(), vectors=vectors)


def texts(vectors):
    return sorted(one.text.strip() for one in vectors.vectors.values())


def test_a_changed_document_leaves_no_old_chunk(pipeline, vectors):
    pipeline.put("a.md", "\n\n".join(f"# {n}\n\nkoala {n}" for n in range(5)))
    pipeline.put("b.md", "wombat")
    pipeline.publish("a.md", "b.md")
    assert len(vectors.vectors) == 6
    pipeline.put("a.md", "quokka")
    pipeline.publish("a.md")
    assert texts(vectors) == ["quokka", "wombat"]
    pipeline.delete("b.md")
    pipeline.publish("b.md")
    assert texts(vectors) == ["quokka"]
    assert pipeline.catalogue.status({"store": "docs"})["chunks"] == 1


def test_the_same_document_again_is_no_write(pipeline, vectors):
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    writes, asked = list(pipeline.bucket.writes), []
    vectors.before = asked.append
    pipeline.event("a.md")
    pipeline.publish("a.md")
    assert (pipeline.bucket.writes, asked) == (writes, [])


def test_a_document_without_a_direction_is_listed_and_not_put(pipeline, vectors):
    pipeline.put("a.md", "12345")
    pipeline.publish("a.md")
    assert texts(vectors) == []
    assert pipeline.catalogue.status({"store": "docs"})["documents"] == 1


@pytest.mark.parametrize("fatal", ["put", "delete"])
def test_a_publisher_killed_on_the_way_is_made_good_by_the_next(pipeline, vectors, fatal):
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")

    def die(operation):
        if operation == fatal:
            raise StorageError("S3 Vectors cannot be used: ServiceUnavailableException")

    pipeline.put("a.md", "wombat")
    vectors.before = die
    with pytest.raises(StorageError):
        pipeline.publish("a.md")
    vectors.before = lambda _operation: None
    assert pipeline.found("a") == ["a.md"], "one version or the other"

    pipeline.publish("a.md")
    pipeline.put("b.md", "quokka")
    pipeline.publish("b.md")
    assert texts(vectors) == ["quokka", "wombat"]


def test_who_deletes_late_hits_no_version_that_counts_again(pipeline, vectors):
    """a.md is one text, another, and the first again, while the first one's keys still go."""
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    pipeline.put("a.md", "wombat")

    def overtake(operation):
        if operation == "delete":
            vectors.before = lambda _operation: None
            pipeline.put("a.md", "koala")
            pipeline.publish("a.md")

    vectors.before = overtake
    pipeline.publish("a.md")
    assert texts(vectors) == ["koala"]
    assert pipeline.found("koala") == ["a.md"]


def test_an_entry_that_changes_without_its_document_keeps_its_chunks(pipeline, vectors):
    info = pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    paths = IndexPaths("docs", pipeline.embedder.identity)
    record = read_record(pipeline.bucket, paths, DocumentName("docs", "a.md").id)
    renamed = replace(record, info=replace(info, filename="b.md"))
    pipeline.bucket.put(paths.record(DocumentName("docs", "a.md").id), renamed.packed())
    pipeline.publish("a.md")
    assert texts(vectors) == ["koala"]
    assert pipeline.search("koala")["results"][0]["filename"] == "b.md"


def test_stores_of_segments_and_of_vectors_keep_apart(pipeline, vectors):
    segments = Pipeline(embedder=Spelling(), bucket=pipeline.bucket)
    segments.put("a.md", "koala")
    segments.publish("a.md")
    assert pipeline.found("koala") == []
    pipeline.publish("a.md")
    assert pipeline.found("koala") == ["a.md"]


def test_a_changed_embedder_fills_an_index_of_its_own(pipeline):
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")

    class Other(Spelling):
        identity = EmbedderIdentity("spelling", "1" * 12, 26)

    other = Pipeline(embedder=Other(), bucket=pipeline.bucket, vectors=MemoryVectors())
    other.event("a.md")
    other.publish("a.md")
    assert other.found("koala") == ["a.md"]
