"""Who may call a REST API, how often, with how much; and what the others are told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from zlib import compress

import httpx2
import pytest

from tests.support.eventually import LONG
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import Api, deploy, key, limited_key


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return deploy(cloud)


@pytest.fixture
def http(api: Api) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=api.url, timeout=LONG) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def error(response: httpx2.Response) -> tuple[int, str, str]:
    body = response.json()["error"]
    assert body["request_id"] == response.headers["x-amzn-requestid"]
    return response.status_code, body["message"], response.headers["x-kind"]


@pytest.mark.parametrize("path", ["/v1/echo", "/v1/buffered"])
def test_key_that_the_authorizer_names_opens_the_api(
    api: Api, http: httpx2.Client, path: str
) -> None:
    assert http.get(path, headers=bearer(key(api))).status_code == 200


def test_no_key_is_a_401(http: httpx2.Client) -> None:
    assert error(http.get("/v1/echo")) == (401, "Unauthorized", "DEFAULT_4XX")


def test_key_of_no_usage_plan_is_a_403(http: httpx2.Client) -> None:
    response = http.get("/v1/echo", headers=bearer("sk-unknown"))
    assert error(response) == (403, "Forbidden", "DEFAULT_4XX")


def test_header_is_no_source_of_keys_beside_the_authorizer(api: Api, http: httpx2.Client) -> None:
    headers = {**bearer("sk-unknown"), "x-api-key": key(api)}
    assert http.get("/v1/echo", headers=headers).status_code == 403


def test_denied_caller_is_a_403(http: httpx2.Client) -> None:
    response = http.get("/v1/echo", headers=bearer("denied"))
    assert response.status_code == 403
    assert "not authorized to access this resource" in error(response)[1]


def test_authorizer_is_asked_once_and_its_key_remembered(api: Api, http: httpx2.Client) -> None:
    def calls() -> str:
        headers = http.get("/v1/echo", headers=bearer(key(api))).json()["headers"]
        return json.loads(headers["x-amzn-request-context"])["authorizer"]["calls"]

    assert calls() == calls()


def test_key_beyond_its_plan_is_a_429_that_says_when_to_come_back(
    api: Api, http: httpx2.Client
) -> None:
    responses = [http.get("/v1/echo", headers=bearer(limited_key(api))) for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert error(responses[2]) == (429, "Too Many Requests", "THROTTLED")
    assert responses[2].headers["retry-after"] == "7"


def test_unknown_path_gets_the_apis_own_answer(http: httpx2.Client) -> None:
    assert error(http.get("/nowhere")) == (
        404,
        "Missing Authentication Token",
        "MISSING_AUTHENTICATION_TOKEN",
    )


def test_body_over_ten_megabytes_is_turned_away_at_the_door(http: httpx2.Client) -> None:
    response = http.post("/v1/echo", content=b" " * (10 * 1024 * 1024 + 1))
    assert response.status_code == 413
    assert response.text == "HTTP content length exceeded 10485760 bytes."


@pytest.mark.parametrize("path", ["/v1/echo", "/v1/buffered"])
@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", compress)])
def test_a_compressed_body_reaches_the_function_plain(
    api: Api, http: httpx2.Client, path: str, coding: str, compress: Callable[[bytes], bytes]
) -> None:
    headers = {**bearer(key(api)), "content-encoding": coding}
    answer = http.request("GET", path, headers=headers, content=compress(b"plain words")).json()
    assert answer.get("event", answer)["body"] == "plain words"


@pytest.mark.parametrize(
    ("coding", "body"), [("br", b"x"), ("gzip", b"plain words"), ("gzip, gzip", b"x")]
)
def test_a_body_that_cannot_be_decompressed_is_a_415(
    api: Api, http: httpx2.Client, coding: str, body: bytes
) -> None:
    headers = {**bearer(key(api)), "content-encoding": coding}
    assert http.request("GET", "/v1/echo", headers=headers, content=body).status_code == 415


def test_a_body_that_unpacks_to_more_than_ten_megabytes_is_a_413(
    api: Api, http: httpx2.Client
) -> None:
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    headers = {**bearer(key(api)), "content-encoding": "gzip"}
    assert http.request("GET", "/v1/echo", headers=headers, content=bomb).status_code == 413


@pytest.mark.parametrize("path", ["/v1/echo", "/v1/buffered"])
def test_event_over_lambdas_six_megabytes_is_a_413(
    api: Api, http: httpx2.Client, path: str
) -> None:
    body = b"x" * (6 * 1024 * 1024)
    response = http.request("GET", path, headers=bearer(key(api)), content=body)
    assert error(response) == (413, "Request Too Long", "DEFAULT_4XX")


def test_failing_function_tells_nothing_of_its_insides(api: Api, http: httpx2.Client) -> None:
    response = http.get("/v1/fail", headers=bearer(key(api)))
    assert error(response) == (502, "Internal server error", "DEFAULT_5XX")
    assert "secret detail" not in response.text


def test_buffered_function_slower_than_its_integration_is_a_504(
    api: Api, http: httpx2.Client
) -> None:
    response = http.get("/v1/wait", headers=bearer(key(api)))
    assert error(response) == (504, "Endpoint request timed out", "DEFAULT_5XX")


def test_buffered_function_runs_on_its_package_alone(
    cloud: Cloud, api: Api, http: httpx2.Client
) -> None:
    answer = http.get("/v1/buffered", headers=bearer(key(api))).json()
    assert not answer["pydantic"]
    assert answer["executable"].startswith(str(cloud.settings.work_dir))
    assert "VIRTUAL_ENV" not in answer["environment"]


def test_disabled_key_opens_nothing_until_it_is_enabled(cloud: Cloud) -> None:
    gateway = cloud.client("apigateway")
    own = deploy(cloud)
    keys = {one["value"]: one["id"] for one in gateway.get_api_keys(includeValues=True)["items"]}

    def switch(enabled: str) -> None:
        change = {"op": "replace", "path": "/enabled", "value": enabled}
        gateway.update_api_key(apiKey=keys[key(own)], patchOperations=[change])

    with httpx2.Client(base_url=own.url, headers=bearer(key(own)), timeout=LONG) as client:
        assert client.get("/v1/echo").status_code == 200
        switch("false")
        assert client.get("/v1/echo").status_code == 403
        switch("true")
        assert client.get("/v1/echo").status_code == 200
