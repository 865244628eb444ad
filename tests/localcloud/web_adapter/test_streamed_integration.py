"""A streamed integration: what the client sees, and what the function's server sees."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx2
import psutil
import pytest

from tests.support.eventually import LONG, eventually, poll
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import Api, code, deploy, key


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return deploy(cloud)


@pytest.fixture(scope="module")
def hasty(cloud: Cloud) -> Api:
    """An API whose requests take 2 s at most."""
    return deploy(cloud, timeout_ms=2000)


def client(api: Api) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {key(api)}"}
    return httpx2.Client(base_url=api.url, headers=headers, timeout=LONG)


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
    with http.stream("POST", "/v1/gated", content=b"{}") as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        pieces = (line for line in response.iter_lines() if line)
        assert next(pieces) == "data: closed"
        http.get("/v1/open")  # only now the rest is made
        assert list(pieces) == ["data: open"]


def test_request_reaches_the_server_as_the_client_sent_it(http: httpx2.Client) -> None:
    path = "/v1/a%20b/c?q=1&q=2&empty=&plus=a%2Bb"
    answer = http.put(path, content="grüße", headers={"X-Own": "kept"}).json()
    assert answer["method"] == "PUT"
    assert answer["path"] == path
    assert answer["body"].encode("latin-1").decode() == "grüße"
    assert answer["headers"]["x-own"] == "kept"


def test_server_learns_the_contexts_of_the_call(api: Api, http: httpx2.Client) -> None:
    before = time.time()
    response = http.get("/v1/echo")
    after = time.time()
    headers = response.json()["headers"]
    request = json.loads(headers["x-amzn-request-context"])
    invocation = json.loads(headers["x-amzn-lambda-context"])
    assert request["stage"] == "live"
    assert request["requestId"] == response.headers["x-amzn-requestid"]
    assert request["authorizer"]["principalId"] == "client"
    assert "usageIdentifierKey" not in request["authorizer"]
    assert invocation["request_id"] == request["requestId"]
    assert invocation["env_config"]["function_name"] == api.functions["stream"]
    assert before - 0.001 <= invocation["deadline"] / 1000 - 20 <= after


@pytest.mark.parametrize("name", ["x-amzn-request-context", "X-AMZN-Request-Context"])
def test_no_client_chooses_the_context_of_its_call(http: httpx2.Client, name: str) -> None:
    forged = [(name, '{"requestId":"forged"}'), (name, '{"requestId":"forged again"}')]
    response = http.get("/v1/echo", headers=forged)
    lines = response.json()["header_lines"]
    (context,) = [value for key, value in lines if key.lower() == name.lower()]
    assert json.loads(context)["requestId"] == response.headers["x-amzn-requestid"]


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
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")  # of its role
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "HOME"} & environment.keys()


def test_output_of_the_server_is_in_its_log_group(
    cloud: Cloud, api: Api, http: httpx2.Client
) -> None:
    request_id = http.get("/v1/logged").headers["x-amzn-requestid"]

    def logged() -> list[str]:
        events = cloud.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{api.functions['stream']}"
        )["events"]
        return [event["message"] for event in events]

    report = f"REPORT RequestId: {request_id}\tDuration:"
    lines = poll(logged, lambda lines: any(line.startswith(report) for line in lines))
    assert lines[0] == "starting"
    assert "echo /v1/logged" in lines
    assert f"START RequestId: {request_id} Version: $LATEST" in lines


def lines(cloud: Cloud, api: Api, text: str) -> int:
    events = cloud.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{api.functions['stream']}"
    )["events"]
    return sum(text in event["message"] for event in events)


def test_what_is_written_after_the_end_comes_with_the_next_request(
    cloud: Cloud, api: Api, http: httpx2.Client
) -> None:
    process = psutil.Process(http.get("/v1/echo").json()["pid"])
    eventually(lambda: process.status() == psutil.STATUS_STOPPED)
    assert http.post("/v1/late").status_code == 200  # it goes on for 0.3 s
    eventually(lambda: process.status() == psutil.STATUS_STOPPED)
    time.sleep(0.5)
    assert lines(cloud, api, "written after the end") == 0
    http.get("/v1/slow?seconds=0.5")
    eventually(lambda: lines(cloud, api, "written after the end") == 1)


def test_frozen_server_ends_with_its_function(cloud: Cloud) -> None:
    own = deploy(cloud)
    with client(own) as running:
        process = psutil.Process(running.get("/v1/echo").json()["pid"])
    eventually(lambda: process.status() == psutil.STATUS_STOPPED)
    cloud.client("cloudformation").delete_stack(StackName=own.stack)
    eventually(lambda: not process.is_running())


def test_client_that_leaves_ends_the_request_of_the_server(http: httpx2.Client) -> None:
    with http.stream("POST", "/v1/ticks?n=4000") as response:
        next(response.iter_bytes())
    eventually(lambda: http.get("/v1/left").json() == ["/v1/ticks?n=4000"])


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
    response = hasty_http.get("/v1/slow?seconds=30")
    assert response.status_code == 504
    assert response.json()["error"]["message"] == "Endpoint request timed out"


def test_stream_longer_than_the_integration_allows_is_cut(hasty_http: httpx2.Client) -> None:
    with (
        hasty_http.stream("POST", "/v1/ticks?n=400") as response,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        response.read()
    assert response.status_code == 200


def test_invocation_longer_than_the_function_may_is_a_502(cloud: Cloud) -> None:
    api = deploy(cloud, timeout=1)
    with client(api) as http:
        assert http.get("/v1/slow?seconds=30").status_code == 502
    log = cloud.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{api.functions['stream']}"
    )
    messages = [event["message"] for event in log["events"]]
    assert any("Task timed out after 1.00 seconds" in message for message in messages)


def test_more_requests_than_the_reserved_concurrency_fail(cloud: Cloud) -> None:
    with client(deploy(cloud, reserved=1)) as http:
        with http.stream("POST", "/v1/ticks?n=4000") as first:
            pieces = first.iter_bytes()  # the answer is closed when its iterator is dropped
            next(pieces)
            throttled = http.get("/v1/echo")
        assert throttled.status_code == 500
        assert throttled.json()["error"]["message"] == "Internal server error"
        eventually(lambda: http.get("/v1/echo").status_code == 200)  # the slot is free again


def test_function_that_is_no_web_server_is_a_502_that_the_log_explains(cloud: Cloud) -> None:
    api = deploy(cloud, wrapper="/opt/other")
    with client(api) as http:
        assert http.get("/v1/echo").status_code == 502
    assert "emulated for functions behind the Lambda Web Adapter only" in cloud.log.read_text()
