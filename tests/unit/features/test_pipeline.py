"""A document on its whole way, against a bucket in memory and the embedder itself."""

from __future__ import annotations

import pytest

from tests.support.features.pipeline import Pipeline

COFFEE = "# Coffee machine\n\nDescale it with citric acid every three months.\n"
LEAVE = "# Leave\n\n## Holidays\n\nEach employee has thirty days a year.\n"


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_a_document_is_found_by_other_words_than_its_own(pipeline):
    pipeline.put("coffee.md", COFFEE)
    pipeline.put("leave.md", LEAVE)
    pipeline.publish("coffee.md", "leave.md")

    answer = pipeline.search("How much vacation do workers get?")

    first = answer["results"][0]
    assert (first["path"], first["context"]) == ("leave.md", "Leave > Holidays")
    assert first["text"].endswith("Each employee has thirty days a year.\n")
    assert answer["embedder"] == "minilm"
    assert answer["degraded"] is None
    assert answer["as_of"]


def test_a_changed_document_leaves_no_old_tail(pipeline):
    long = "# Report\n\n" + "\n\n".join(f"Paragraph {n} on zebras. " * 30 for n in range(9))
    assert pipeline.put("report.md", long).chunks > 5
    pipeline.publish("report.md")
    assert pipeline.found("zebras")

    assert pipeline.put("report.md", "# Report\n\nNothing but quokkas.\n").chunks == 1
    pipeline.publish("report.md")

    answer = pipeline.search("zebras")
    assert [result["text"] for result in answer["results"]] == [
        "# Report\n\nNothing but quokkas.\n"
    ]


def test_a_deleted_document_is_gone(pipeline):
    pipeline.put("coffee.md", COFFEE)
    pipeline.publish("coffee.md")
    assert pipeline.found("coffee") == ["coffee.md"]

    pipeline.delete("coffee.md")
    pipeline.publish("coffee.md")

    assert pipeline.found("coffee") == []
    assert pipeline.catalogue.status({"store": "docs"})["documents"] == 0


def test_the_same_document_again_is_no_write(pipeline):
    pipeline.put("coffee.md", COFFEE)
    pipeline.publish("coffee.md")
    pipeline.bucket.put("documents/docs/coffee.md", COFFEE.encode())
    pipeline.bucket.writes.clear()

    pipeline.event("coffee.md")
    published = pipeline.publish("coffee.md")

    assert pipeline.bucket.writes == []
    assert published.generation is None
