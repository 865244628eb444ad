"""Searches of a store, and what of them is refused."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from lambda_api.retrieval.errors import RetrievalError
from tests.support.service.vector_store_world import add


def test_several_questions_a_threshold_and_a_limit(client):
    store = client.vector_stores.create().id
    for word in ("koala", "quokka"):
        add(client, store, f"{word} {word}".encode(), f"{word}.txt")
    search = client.vector_stores.search
    found = search(store, query=["koala", "quokka"])
    assert {hit.filename for hit in found} == {"koala.txt", "quokka.txt"}
    assert len(list(search(store, query=["koala", "quokka"], max_num_results=1))) == 1
    weights = {"embedding_weight": 0, "text_weight": 1}
    options: Any = {"score_threshold": 0.99, "hybrid_search": weights, "ranker": "auto"}
    assert list(search(store, query="koala", ranking_options=options)) == []


def test_a_question_is_rewritten_by_the_model_or_stays(client, service):
    store = client.vector_stores.create().id
    add(client, store)
    found = client.vector_stores.search(store, query="it?", rewrite_query=True)
    assert "search documents" in service.upstream.payloads[-1].decode()
    assert found.to_dict()["search_query"] == ["The library closes at nine [1]."]
    assert len(list(found)) == 1


def test_a_long_question_is_cut_at_what_is_read_and_said(client):
    store = client.vector_stores.create().id
    add(client, store)
    found = client.vector_stores.search(store, query="word " * 20_000)
    (said,) = found.to_dict()["search_query"]
    assert len(said.split()) == 254


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"query": ""}, "query"),
        ({"query": " "}, "query"),
        ({"query": []}, "query"),
        ({"query": ["a"] * 6}, "query"),
        ({"max_num_results": 0}, "max_num_results"),
        ({"max_num_results": 10_000}, "max_num_results"),
        ({"ranking_options": {"score_threshold": 2}}, "ranking_options.score_threshold"),
        ({"ranking_options": {"color": 1}}, "ranking_options.color"),
        ({"filters": {"type": "like", "key": "a", "value": "b"}}, "filters"),
        ({"filters": {"type": "gt", "key": "language", "value": 3}}, "filters"),
    ],
)
def test_a_search_that_cannot_be_made_names_the_field(client, fields, param):
    store = client.vector_stores.create().id
    add(client, store, attributes={"language": "en"})
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.search(store, **{"query": "library", **fields})
    assert caught.value.param == param


def test_filters_are_not_nested_without_end(client):
    store = client.vector_stores.create().id
    add(client, store)
    nested: Any = {"type": "eq", "key": "a", "value": 1}
    for _ in range(20):
        nested = {"type": "and", "filters": [nested]}
    with pytest.raises(openai.BadRequestError, match="nested"):
        client.vector_stores.search(store, query="library", filters=nested)
    unknown: Any = {"type": "eq", "key": "nobody has it", "value": 1}
    assert list(client.vector_stores.search(store, query="library", filters=unknown)) == []


def test_a_search_function_that_does_not_answer_is_said(client, service):
    store = client.vector_stores.create().id
    service.ingestion.failure = RetrievalError("the documents cannot be searched now, try again")
    for ask in (
        lambda: client.vector_stores.search(store, query="x"),
        lambda: client.vector_stores.retrieve(store),
    ):
        with pytest.raises(openai.InternalServerError, match="cannot be searched now"):
            ask()
