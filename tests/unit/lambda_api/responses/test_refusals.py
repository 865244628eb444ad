"""Requests for responses that are refused."""

from __future__ import annotations

import pytest

from tests.support.service.responses_app import URL


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"model": "other"}, 404, "model"),
        ({"input": None}, 400, "input"),
        ({"input": []}, 400, "input"),
        ({"input": 5}, 400, "input"),
        ({"input": [{"role": "wizard", "content": "x"}]}, 400, "input[0].role"),
        ({"max_output_tokens": 0}, 400, "max_output_tokens"),
        ({"temperature": 3}, 400, "temperature"),
        ({"metadata": {"a": 5}}, 400, "metadata.a"),
        ({"metadata": {str(n): "" for n in range(17)}}, 400, "metadata"),
        ({"tools": [{"type": "web_search"}], "tool_choice": "required"}, 400, "tool_choice"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, 404, "input[0].id"),
        ({"previous_response_id": f"resp_{'0' * 32}"}, 400, "previous_response_id"),
        ({"previous_response_id": "../../x"}, 400, "previous_response_id"),
        ({"background": True, "store": False}, 400, "store"),
        ({"background": True, "model": "other"}, 404, "model"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_started(
    client, upstream, queue, store, fields, status, param
):
    asked = client.post(URL, json={"model": "twin", "input": "hi", **fields})

    assert asked.status_code == status
    assert asked.json()["error"]["param"] == param
    assert [*upstream.payloads, *queue.requests, *store.objects] == []


RUBBISH = [
    b"",
    b"[]",
    b'"text"',
    b"{",
    b'{"model": "twin"}',
    b'{"model": "twin", "input": "\\ud800"}',
    b'{"model": "twin", "input": [{"role": "user", "content": "\\ud800"}]}',
    b'{"model": "twin", "input": "x", "x": "\\ud800"}',
    b'{"model": "twin", "input": "x", "metadata": {"\\ud800": "x"}}',
    b'{"model": "twin", "input": "x", "instructions": "\\ud800"}',
    b'{"model": "twin", "input": "x", "text": {"format": {"type": "text", "x": "\\ud800"}}}',
    b'{"model": "twin", "input": "x", "tools": [{"type": "function", "name": "f", "parameters": '
    + b'{"a":' * 900
    + b"5"
    + b"}" * 900
    + b"}]}",
]


@pytest.mark.parametrize("body", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_a_400_and_nothing_is_started(client, upstream, store, queue, body):
    for background in (b"", b', "background": true}'):
        sent = body[:-1] + background if background and body.endswith(b"}") else body
        answer_ = client.post(URL, content=sent)

        assert answer_.status_code == 400
        assert answer_.json()["error"]["type"] == "invalid_request_error"
    assert [*upstream.payloads, *queue.requests, *store.objects] == []
