"""Errors as answers in OpenAI's shape."""

from __future__ import annotations

import json

import pytest

from lambda_api.errors import NotReadyError, ThrottledError

CHAT = "/v1/chat/completions"

HI = {"role": "user", "content": "hi"}


@pytest.mark.parametrize("path", ["/nowhere", CHAT + "/cmpl-1", "/v1/embeddings", "/v1/files", "/"])
def test_an_unknown_route_has_openais_shape(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": answer.json()["error"]["message"],
        "type": "invalid_request_error",
        "param": None,
        "code": "unknown_url",
    }


@pytest.mark.parametrize(("method", "path"), [("PUT", CHAT), ("DELETE", "/v1/models")])
def test_a_method_that_a_path_does_not_take_is_a_405_that_says_which_it_takes(client, method, path):
    answer = client.request(method, path)
    error = answer.json()["error"]

    assert answer.status_code == 405
    assert (error["type"], error["code"]) == ("invalid_request_error", "method_not_supported")
    taken = answer.headers["allow"].removesuffix(", OPTIONS")
    assert error["message"] == f"{path} takes {taken}, got {method}"


def test_options_of_a_known_path_tell_its_methods(client):
    answer = client.options("/v1/responses/resp_1")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "DELETE, GET, OPTIONS"


def test_options_of_an_unknown_path_is_a_404(client):
    assert client.options("/nowhere").json()["error"]["code"] == "unknown_url"


RUBBISH = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"42",
    b'"text"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"model": "twin", "messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"model": "twin", "messages": [{"role": "user", "content": "x"}], "x": "\\ud800"}',
    b'{"model": "twin", "messages": [{"role": "user"}], "x": ' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"model": "twin", "messages": [{"role": "user"}], "seed": ' + b"9" * 5000 + b"}",
    b"model=twin&messages=hi",
    b"--boundary\r\n",
]


@pytest.mark.parametrize("body", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_a_400_in_openais_shape(client, upstream, body):
    for content_type in ("application/json", "text/plain", "", "//;=;"):
        headers = {"content-type": content_type} if content_type else {}
        answer = client.post(CHAT, content=body, headers=headers)

        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"
    assert upstream.payloads == []


def test_json_needs_no_content_type(client, upstream):
    body = json.dumps({"model": "twin", "messages": [HI]}).encode()

    assert client.post(CHAT, content=body).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"), [(ThrottledError("busy"), 429), (NotReadyError("no"), 503)]
)
def test_what_passes_says_when_to_come_back(client, upstream, error, status):
    upstream.answer = error

    answer = client.post(CHAT, json={"model": "twin", "messages": [HI]})

    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) > 0
