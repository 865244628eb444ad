from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from lambda_api.main import create_app
from tests.support.service.fake_search import AS_OF, FakeSearch, answer, error, result
from tests.support.service.memory_store import MemoryStore

RETRIEVAL = {
    "retrieval_search_function": "search",
    "retrieval_bucket": "features",
    "retrieval_stores": ["docs"],
}


@pytest.fixture
def ask(settings, upstream):
    """Asks a question of an app whose search answers as it is told."""
    said = {"message": {"role": "assistant", "content": "At nine [1]."}, "finish_reason": "stop"}
    upstream.answer = json.dumps({"choices": [said]}).encode()

    def ask(told, **body):
        app = create_app(
            settings.model_copy(update=RETRIEVAL),
            upstream,
            search=FakeSearch([told]),
            features_store=MemoryStore(),
        )
        with TestClient(app) as client:
            return client.post("/rag", json={"query": "when?", **body})

    return ask


def test_an_answer_its_citations_and_as_of_when(ask):
    answered = ask(answer(result("At nine.")))
    assert answered.json() == {
        "answer": "At nine [1].",
        "citations": [
            {"type": "file_citation", "file_id": "file-a.md", "filename": "a.md", "index": 8}
        ],
        "features_as_of": AS_OF,
    }
    assert answered.headers["x-features-as-of"] == AS_OF


def test_a_search_that_fails_is_an_answer_all_the_same(ask):
    answered = ask(error("unavailable"))
    assert answered.status_code == 200
    assert answered.json()["features_as_of"] is None
    assert answered.headers["x-features"] == "none"


@pytest.mark.parametrize("body", [{"query": ""}, {"query": 3}, {"color": "red"}])
def test_what_is_no_question(ask, body):
    assert ask(answer(), **body).status_code == 400


def test_a_stage_without_retrieval_has_no_such_route(client):
    assert client.post("/rag", json={"query": "x"}).status_code == 404
