"""A streamed integration: what the client sees, and what the function's server sees."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import Api, code, deploy, key


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return deploy(cloud)


@pytest.fixture(scope="module")
def hasty(cloud: Cloud) -> Api:
    """An API whose requests take 0.4 s at most."""
    return deploy(cloud, timeout_ms=400)


def client(api: Api) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {key(api)}"}
    return httpx2.Client(base_url=api.url, headers=headers, timeout=30)


@pytest.fixture
def http(api: Api) -> Iterator[httpx2.Client]:
    with client(api) as running:
        running.get("/v1/echo")  # a cold start is not what is measured
        yield running


@pytest.fixture
def hasty_http(hasty: Api) -> Iterator[httpx2.Client]:
    with client(hasty) as running:
        while running.get("/v1/echo").status_code == 504:  # until the cold start is over
            pass
        yield running


def test_chunks_arrive_as_they_are_made(http: httpx2.Client) -> None:
    with http.stream("POST", "/v1/ticks?n=6", content=b"{}") as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        lags = [time.time() - float(line.split()[2]) for line in response.iter_lines() if line]
    assert len(lags) == 6
    assert sorted(lags)[2] < 0.02, "they are made 50 ms apart"


def test_request_reaches_the_server_as_the_client_sent_it(http: httpx2.Client) -> None:
    path = "/v1/a%20b/c?q=1&q=2&empty=&plus=a%2Bb"
    answer = http.put(path, content="grüße", headers={"X-Own": "kept"}).json()
    assert answer["method"] == "PUT"
    assert answer["path"] == path
    assert answer["body"].encode("latin-1").decode() == "grüße"
    assert answer["headers"]["x-own"] == "kept"


def test_server_learns_the_contexts_of_the_call(api: Api, http: httpx2.Client) -> None:
    response = http.get("/v1/echo")
    headers = response.json()["headers"]
    request = json.loads(headers["x-amzn-request-context"])
    invocation = json.loads(headers["x-amzn-lambda-context"])
    assert request["stage"] == "live"
    assert request["requestId"] == response.headers["x-amzn-requestid"]
    assert request["authorizer"]["principalId"] == "client"
    assert "usageIdentifierKey" not in request["authorizer"]
    assert invocation["request_id"] == request["requestId"]
    assert invocation["env_config"]["function_name"] == api.functions["stream"]
    assert 15 < invocation["deadline"] / 1000 - time.time() <= 20


def test_repeated_headers_of_the_answer_stay_apart(http: httpx2.Client) -> None:
    assert http.get("/v1/echo").headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_server_runs_on_the_package_and_the_standard_library_alone(
    cloud: Cloud, http: httpx2.Client
) -> None:
    answer = http.get("/v1/echo").json()
    environment = answer["environment"]
    assert not answer["pydantic"]
    assert answer["executable"].startswith(str(cloud.settings.work_dir))
    assert environment["COLOUR"] == "green"
    assert environment["AWS_LWA_PORT"] != "8080"
    assert environment["AWS_ENDPOINT_URL"] == cloud.settings.origin
    assert environment["AWS_ACCESS_KEY_ID"] == cloud.settings.account
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "HOME"} & environment.keys()


def test_output_of_the_server_is_in_its_log_group(
    cloud: Cloud, api: Api, http: httpx2.Client
) -> None:
    request_id = http.get("/v1/logged").headers["x-amzn-requestid"]
    events = cloud.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{api.functions['stream']}"
    )["events"]
    lines = [event["message"] for event in events]
    assert lines[0] == "starting"
    assert "echo /v1/logged" in lines
    assert f"START RequestId: {request_id} Version: $LATEST" in lines
    assert any(line.startswith(f"REPORT RequestId: {request_id}\tDuration:") for line in lines)


def test_client_that_leaves_ends_the_request_of_the_server(http: httpx2.Client) -> None:
    with http.stream("POST", "/v1/ticks?n=400") as response:
        next(response.iter_bytes())
    deadline = time.monotonic() + 3
    while not http.get("/v1/left").json():
        assert time.monotonic() < deadline
    assert http.get("/v1/left").json()[0] < 20


def test_server_that_dies_is_a_502_and_comes_back(http: httpx2.Client) -> None:
    before = http.get("/v1/echo").json()["pid"]
    died = http.get("/v1/die")
    assert died.status_code == 502
    assert died.json()["error"]["message"] == "Internal server error"
    again = http.get("/v1/echo")
    assert again.status_code == 200
    assert again.json()["pid"] != before


def test_new_code_gets_a_new_server(cloud: Cloud, api: Api, http: httpx2.Client) -> None:
    before = http.get("/v1/echo").json()["pid"]
    package = code({"note": "the same, and a file"})
    cloud.client("lambda").update_function_code(
        FunctionName=api.functions["stream"], ZipFile=package
    )
    assert http.get("/v1/echo").json()["pid"] != before


def test_template_and_api_keep_the_transfer_mode(cloud: Cloud, api: Api) -> None:
    gateway = cloud.client("apigateway")
    resources = gateway.get_resources(restApiId=api.id)["items"]
    streamed = next(item for item in resources if item.get("pathPart") == "{proxy+}")
    integration = gateway.get_integration(
        restApiId=api.id, resourceId=streamed["id"], httpMethod="ANY"
    )
    assert integration["responseTransferMode"] == "STREAM"


def test_answer_later_than_the_integration_allows_is_a_504(hasty_http: httpx2.Client) -> None:
    response = hasty_http.get("/v1/slow?seconds=0.8")
    assert response.status_code == 504
    assert response.json()["error"]["message"] == "Endpoint request timed out"


def test_stream_longer_than_the_integration_allows_is_cut(hasty_http: httpx2.Client) -> None:
    with (
        hasty_http.stream("POST", "/v1/ticks?n=40") as response,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        response.read()
    assert response.status_code == 200


def test_invocation_longer_than_the_function_may_is_a_502(cloud: Cloud) -> None:
    api = deploy(cloud, timeout=1)
    with client(api) as http:
        assert http.get("/v1/slow?seconds=1.4").status_code == 502
    log = cloud.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{api.functions['stream']}"
    )
    messages = [event["message"] for event in log["events"]]
    assert any("Task timed out after 1.00 seconds" in message for message in messages)


def test_more_requests_than_the_reserved_concurrency_fail(cloud: Cloud) -> None:
    with client(deploy(cloud, reserved=1)) as http:
        with http.stream("POST", "/v1/ticks?n=200") as first:
            pieces = first.iter_bytes()  # the answer is closed when its iterator is dropped
            next(pieces)
            throttled = http.get("/v1/echo")
        assert throttled.status_code == 500
        assert throttled.json()["error"]["message"] == "Internal server error"
        deadline = time.monotonic() + 3
        while http.get("/v1/echo").status_code != 200:
            assert time.monotonic() < deadline, "the place of the request that was left is free"


def test_function_that_is_no_web_server_is_a_502_that_the_log_explains(cloud: Cloud) -> None:
    api = deploy(cloud, wrapper="/opt/other")
    with client(api) as http:
        assert http.get("/v1/echo").status_code == 502
    assert "emulated for functions behind the Lambda Web Adapter only" in cloud.log.read_text()
