"""What API Gateway and the app answer together, where no chat is asked for."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import httpx2
import openai
import pytest
from openai import OpenAI

from tests.support.eventually import LONG
from twin.outputs import StageOutputs

PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}


@pytest.fixture
def http(stage: StageOutputs) -> Iterator[httpx2.Client]:
    """A caller with a key, which follows no redirect."""
    headers = {"Authorization": f"Bearer {stage.api_key.get_secret_value()}"}
    with httpx2.Client(base_url=stage.api_url, headers=headers, timeout=30) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["nowhere", "v1/nowhere/at/all", "v1/embeddings", ""])
def test_an_unknown_path_is_told_in_our_own_words(http: httpx2.Client, method: str, path: str):
    answer = http.request(method, path)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_url"
    assert answer.json()["error"]["message"].startswith(f"no route {method} /{path}")


def test_head_of_an_unknown_and_of_a_known_path(http: httpx2.Client):
    assert http.head("v1/nowhere").status_code == 404
    assert http.head("v1/models").status_code == 200


def test_a_method_that_a_path_does_not_take(http: httpx2.Client):
    answer = http.put("v1/chat/completions", json={})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_an_unknown_path_without_a_key_is_a_401_in_our_own_words(stage: StageOutputs):
    answer = httpx2.get(f"{stage.api_url}nowhere", timeout=LONG)

    assert answer.status_code == 401
    assert "Authorization: Bearer KEY" in answer.json()["error"]["message"]


def test_a_preflight_needs_no_key_and_is_refused_where_no_origin_is_allowed(stage: StageOutputs):
    answer = httpx2.options(f"{stage.openai_base_url}/chat/completions", headers=PREFLIGHT)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "origin_not_allowed"
    assert "access-control-allow-origin" not in answer.headers


def test_options_tell_the_methods_of_a_path(stage: StageOutputs):
    answer = httpx2.options(f"{stage.openai_base_url}/chat/completions")

    assert (answer.status_code, answer.headers["allow"]) == (204, "POST, OPTIONS")


def test_the_model_is_retrieved(client: OpenAI, model: str):
    assert client.models.retrieve(model).id == model
    with pytest.raises(openai.NotFoundError, match="org/other"):
        client.models.retrieve("org/other")


@pytest.mark.parametrize("path", ["v1/models/", "/v1//models", "v1/models//"])
def test_slashes_too_many_are_looked_over(http: httpx2.Client, stage: StageOutputs, path: str):
    answer = http.get(f"{stage.api_url}{path}")

    assert (answer.status_code, answer.json()["object"]) == (200, "list")


def test_a_chat_with_slashes_too_many_is_answered(
    http: httpx2.Client, stage: StageOutputs, model: str
):
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}

    assert http.post(f"{stage.api_url}/v1//chat/completions/", json=body).status_code == 200


@pytest.mark.parametrize("coding", [None, "gzip"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"]
)
def test_a_body_is_read_however_it_is_sent(
    http: httpx2.Client, model: str, coding: str | None, content_type: str
):
    asked = {"model": model, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 1.0}
    body, headers = json.dumps(asked).encode(), {"content-type": content_type}
    if coding:
        body, headers = gzip.compress(body), {**headers, "content-encoding": coding}

    assert http.post("v1/chat/completions", content=body, headers=headers).status_code == 200


def test_an_older_completion_is_answered_and_streamed(client: OpenAI, model: str):
    asked = {"model": model, "prompt": "What is an endpoint config?", "max_tokens": 40}
    whole = client.completions.create(**asked, temperature=0)
    chunks = client.completions.create(**asked, temperature=0, stream=True)

    assert "endpoint" in whole.choices[0].text.lower()
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
