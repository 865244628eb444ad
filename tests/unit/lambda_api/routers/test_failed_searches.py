"""An answer without a search says so, however it is given: at once, later, or not at all."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from lambda_api.errors import EngineError, NoCapacityError
from lambda_api.main import create_app
from tests.support.service.fake_queue import FakeQueue, answer
from tests.support.service.fake_search import FakeSearch, error
from tests.support.service.memory_store import MemoryStore
from tests.support.service.memory_wakes import MemoryWakeTable

TOOL = {"type": "file_search", "vector_store_ids": ["vs_docs"]}
CHAT = {"messages": [{"role": "user", "content": "when?"}]}
RESPONSE = {"input": "when?"}
FIELDS = {
    "retrieval_search_function": "search",
    "retrieval_bucket": "features",
    "retrieval_stores": ["docs"],
    "async_endpoint_name": "twin-local-async",
    "async_bucket": "bucket",
    "cold_start": "queue",
    "cold_start_table": "wakes",
}


@pytest.fixture
def post(settings, upstream):
    """Posts to an app whose search is away, and which queues what it cannot answer now."""
    store = MemoryStore()
    app = create_app(
        settings.model_copy(update=FIELDS),
        upstream,
        responses_store=store,
        queue=FakeQueue(store),
        search=FakeSearch([error("unavailable")]),
        features_store=MemoryStore(),
        wakes=MemoryWakeTable(),
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield lambda path, **body: client.post(
            path, json={"model": "twin", "tools": [TOOL], **body}
        )


def logged(log):
    (line,) = log.lines
    return line["RetrievalFailures"], line["retrieval_failed"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/responses", {**RESPONSE, "background": True}, 200),
        ("/v1/responses", RESPONSE, 200),
        ("/v1/responses", RESPONSE, 202),
        ("/v1/chat/completions", CHAT, 200),
        ("/v1/chat/completions", CHAT, 202),
    ],
)
def test_an_answer_without_is_marked_and_counted(post, upstream, log, path, body, status):
    upstream.answer = answer() if status == 200 else NoCapacityError("cold")
    answered = post(path, **body)
    assert (answered.status_code, answered.headers.get("x-features")) == (status, "none")
    assert logged(log) == ([1], "search")


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/responses", RESPONSE), ("/v1/chat/completions", CHAT)]
)
def test_a_failed_search_is_counted_where_the_engine_fails_too(post, upstream, log, path, body):
    upstream.answer = EngineError("the model failed")
    assert post(path, **body).status_code == 502
    assert logged(log) == ([1], "search")
