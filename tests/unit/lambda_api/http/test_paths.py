"""Slashes too many, and HEAD."""

from __future__ import annotations

import asyncio
import json

import pytest
from mangum import Mangum
from starlette.testclient import TestClient

from lambda_api.main import create_app
from lambda_api.settings import Settings

BASE = "http://testserver"
EVENT = {
    "resource": "/{proxy+}",
    "httpMethod": "POST",
    "headers": {"content-type": "application/json"},
    "multiValueHeaders": {"content-type": ["application/json"]},
    "queryStringParameters": {"a": "1"},
    "multiValueQueryStringParameters": {"a": ["1"]},
    "requestContext": {"requestId": "r", "stage": "live"},
    "body": "{}",
    "isBase64Encoded": False,
}


@pytest.mark.parametrize(
    "path", ["/v1/models/", "//v1/models", "/v1//models", "/v1///models//", "/v1/models"]
)
def test_slashes_too_many_are_dropped(client, path):
    answer = client.get(BASE + path, follow_redirects=False)

    assert (answer.status_code, answer.json()["object"]) == (200, "list")


@pytest.mark.parametrize("path", ["org/twin:7b", "org/twin:7b/", "org%2Ftwin:7b", "org//twin:7b"])
def test_a_model_with_a_slash_in_its_id_is_found(settings, path):
    app = create_app(settings.model_copy(update={"model_id": "org/twin:7b"}), object())

    with TestClient(app) as client:
        assert client.get(f"/v1/models/{path}").json()["id"] == "org/twin:7b"


def test_a_post_with_slashes_too_many_is_answered(client, upstream):
    body = {"model": "twin", "messages": [{"role": "user", "content": "hi"}]}

    assert client.post(f"{BASE}//v1/chat/completions/", json=body).status_code == 200


@pytest.mark.parametrize(("path", "status"), [("/v1/models", 200), ("/nope", 404)])
def test_head_is_get_without_the_body(client, path, status):
    answer = client.head(path)

    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["content-type"] == "application/json"


def test_the_log_names_the_route_of_a_path_with_slashes(client, capsys):
    client.head(f"{BASE}//v1/models/")

    assert json.loads(capsys.readouterr().out)["route"] == "GET /v1/models"


@pytest.fixture
def handler():
    settings = Settings(
        stage="local", endpoint_name="e", model_id="twin", engine="vllm", root_path="/live"
    )
    # Lambda's runtime has no loop; Mangum makes one, which nobody would close here.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield Mangum(create_app(settings, object()), lifespan="off")
    asyncio.set_event_loop(None)
    loop.close()


def test_a_route_that_the_gateway_missed_is_sent_below_the_stage(handler):
    answer = handler({**EVENT, "path": "//v1/chat/completions"}, None)

    assert answer["statusCode"] == 308
    assert answer["headers"]["location"] == "/live/v1/chat/completions?a=1"


def test_slashes_that_the_gateway_looked_over_are_no_redirect(handler):
    event = {**EVENT, "resource": "/v1/models", "path": "/v1/models/", "httpMethod": "GET"}

    assert handler(event, None)["statusCode"] == 200


def test_a_redirect_never_leaves_the_host(handler):
    answer = handler({**EVENT, "path": "//evil.example//x"}, None)

    assert answer["headers"]["location"] == "/live/evil.example/x?a=1"
