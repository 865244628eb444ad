"""Responses that are answered later."""

from __future__ import annotations

import json

import pytest

from lambda_api.errors import ThrottledError
from lambda_api.responses.names import response_behind
from tests.support.service.responses_app import URL


def test_a_background_response_is_queued_with_what_the_engine_needs(create, queue):
    response = create(background=True, max_output_tokens=5)
    ((name, payload),) = queue.requests.items()

    assert response["status"] == "queued"
    assert response["background"] is True
    assert response["output"] == []
    assert response_behind(name)[1] == response["id"]
    assert len(name) == 64
    assert json.loads(payload) == {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 5}


@pytest.mark.parametrize(("size", "is_stored"), [(127_000, False), (129_000, True)])
def test_a_large_input_goes_through_the_bucket(create, queue, store, size, is_stored):
    create(background=True, input="x" * size)
    (request,) = queue.requests.values()

    assert isinstance(request, str) is is_stored
    assert any(key.endswith("/input.json") for key in store.objects) is is_stored


def test_a_refused_request_leaves_no_response(client, queue, store):
    queue.refusal = ThrottledError("busy")
    asked = client.post(URL, json={"model": "twin", "input": "hi", "background": True})

    assert asked.status_code == 429
    assert store.objects == {}
