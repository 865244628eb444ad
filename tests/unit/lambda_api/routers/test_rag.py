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


KEYED = {"retrieval_stores": ["own", *"abcd", "docs"], "retrieval_store_keys": {"own": ["web"]}}


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


@pytest.fixture
def searched_by(settings, upstream, monkeypatch):
    """The stores that are searched for a caller's question, and the answer's status."""
    upstream.answer = json.dumps({"choices": [{"message": {"content": "x"}}]}).encode()

    def ask(caller, stores=KEYED):
        monkeypatch.setattr("lambda_api.routers.rag.caller_id", lambda _scope: caller)
        function = FakeSearch([answer(result("At nine."))])
        changed = settings.model_copy(update={**RETRIEVAL, **stores})
        app = create_app(changed, upstream, search=function, features_store=MemoryStore())
        with TestClient(app) as client:
            answered = client.post("/rag", json={"query": "when?"})
        return sorted(event["store"] for event in function.events), answered

    return ask


def test_a_store_for_some_is_searched_for_them_and_no_others(searched_by):
    mine, answered = searched_by("web")
    assert (mine, answered.status_code) == (["a", "b", "c", "d", "own"], 200)
    others, answered = searched_by("app")
    assert (others, answered.status_code) == (["a", "b", "c", "d", "docs"], 200)


def test_who_may_search_none_is_told_of_none(searched_by):
    stores = {"retrieval_stores": ["own"], "retrieval_store_keys": {"own": ["web"]}}
    searched, answered = searched_by("app", stores)
    assert (searched, answered.status_code) == ([], 404)
    assert "own" not in answered.text
    assert searched_by("web", stores)[0] == ["own"]
