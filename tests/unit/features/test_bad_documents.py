"""Documents that nobody meant to upload, from the bucket to what a search finds."""

from __future__ import annotations

import pytest

from features.embedding.embedder import NoEmbedder
from features.errors import StorageError
from features.index.paths import DocumentName, IndexPaths
from features.index.reading import read_record
from tests.support.features.pipeline import STORE, Pipeline

SPANISH = (
    "La biblioteca cierra cada noche a las nueve y abre de nuevo por la mañana. Los lectores "
    "llevan libros durante cuatro semanas y pagan una multa si tardan más. Los niños tienen su "
    "propio espacio en la primera planta, con juegos y cuentos para cada edad, y una maestra."
)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline(embedder=NoEmbedder())


def texts(pipeline, path):
    paths = IndexPaths(STORE, pipeline.embedder.identity)
    record = read_record(pipeline.bucket, paths, DocumentName(STORE, path).id)
    return [chunk.text for chunk in record.table.chunks]


def test_a_megabyte_without_a_space_is_cut_by_length(pipeline):
    line = "".join(chr(97 + number % 26) for number in range(1_000_000))
    info = pipeline.put("line.txt", line)
    found = texts(pipeline, "line.txt")
    assert info.state == "ready"
    assert "".join(found) == line
    assert max(map(len, found)) <= 2000


def test_an_empty_document_has_no_chunks_and_no_error(pipeline):
    for path in ("a.md", "a.txt", "a.html", "a.jsonl"):
        info = pipeline.put(path, "")
        assert (info.state, info.chunks, info.error) == ("ready", 0, None)
    pipeline.publish("a.md", "a.txt", "a.html", "a.jsonl")
    status = pipeline.catalogue.status({"store": STORE})
    assert (status["documents"], status["chunks"], status["failed"]) == (4, 0, 0)


def test_a_language_that_the_embedder_does_not_know_is_found_by_its_words(pipeline):
    pipeline.put("es.md", SPANISH)
    pipeline.put("en.md", "The library closes at nine.")
    pipeline.publish("es.md", "en.md")
    assert pipeline.found("multa") == ["es.md"]
    assert pipeline.catalogue.status({"store": STORE})["other_languages"] == 1


def test_others_go_on_beside_what_is_set_aside(pipeline):
    pipeline.put("bad.md", b"\x00\x01\x02" * 100)
    pipeline.put("worse.pdf", b"no PDF")
    pipeline.put("good.md", "koala")
    pipeline.publish("bad.md", "worse.pdf", "good.md")
    assert pipeline.found("koala") == ["good.md"]
    failures = pipeline.catalogue.status({"store": STORE})["failures"]
    codes = {failure["path"]: failure["last_error"]["code"] for failure in failures}
    assert codes == {"bad.md": "unsupported_file", "worse.pdf": "invalid_file"}


@pytest.mark.parametrize("stage", ["documents/", "/records/", "/generations/", "current.json"])
def test_a_stage_that_fails_loses_nothing_and_the_next_try_ends_it(pipeline, stage):
    """S3 refuses one key's reads, then its writes: each time the message would come again."""
    pipeline.put("a.md", "koala")
    pipeline.publish("a.md")
    body = b"wombat"
    pipeline.bucket.put(DocumentName(STORE, "a.md").key, body)

    def refuse(key):
        if stage in key:
            raise StorageError("S3 cannot be used: SlowDown")

    for operation in ("before_read", "before_write"):
        setattr(pipeline.bucket, operation, refuse)
        try:
            pipeline.event("a.md")
            pipeline.publish("a.md")
        except StorageError:
            pass
        setattr(pipeline.bucket, operation, lambda _key: None)
    assert pipeline.found("koala") or pipeline.found("wombat"), "one version or the other"

    pipeline.event("a.md")
    pipeline.publish("a.md")
    assert (pipeline.found("koala"), pipeline.found("wombat")) == ([], ["a.md"])
