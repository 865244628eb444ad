"""A REST API stage's access log."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import pytest

from tests.support.eventually import LONG, poll
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import Api, deploy, key


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return deploy(cloud)


def logged(cloud: Cloud, api: Api, response: httpx2.Response) -> dict[str, Any]:
    """The line of a request, which is written when its answer is complete."""

    def lines() -> list[dict[str, Any]]:
        events = cloud.client("logs").filter_log_events(logGroupName=f"access-{api.stack}")
        found = [json.loads(event["message"]) for event in events["events"]]
        return [one for one in found if one["requestId"] == response.headers["x-amzn-requestid"]]

    (line,) = poll(lines, bool)
    return line


def test_stream_is_logged_with_its_time_to_first_content(cloud: Cloud, api: Api) -> None:
    headers = {"Authorization": f"Bearer {key(api)}"}
    with (
        httpx2.Client(base_url=api.url, headers=headers, timeout=LONG) as http,
        http.stream("POST", "/v1/gated") as response,
    ):
        lines = response.iter_lines()
        assert next(lines) == "data: closed"
        time.sleep(0.2)
        http.get("/v1/open")
        received = "\n".join(["data: closed", *lines, ""])
    line = logged(cloud, api, response)
    assert line["status"] == "200"
    assert line["path"] == "/live/v1/gated"
    assert line["error.responseType"] == "-"
    assert line["identity.apiKeyId"] != "-"
    assert line["integration.responseTransferMode"] == "STREAM"
    assert int(line["responseLength"]) == len(received)
    first, whole = int(line["integration.timeToFirstContent"]), int(line["responseLatency"])
    assert first + 200 <= whole


def test_buffered_answer_is_logged(cloud: Cloud, api: Api) -> None:
    headers = {"Authorization": f"Bearer {key(api)}"}
    response = httpx2.get(f"{api.url}/v1/buffered", headers=headers, timeout=LONG)
    context = response.json()["event"]["requestContext"]
    line = logged(cloud, api, response)
    assert line["integration.responseTransferMode"] == "BUFFERED"
    assert line["requestId"] == context["requestId"]
    assert line["identity.apiKeyId"] == context["identity"]["apiKeyId"]
    assert context["identity"]["apiKey"] == key(api)


def test_refused_request_is_logged_with_the_reason(cloud: Cloud, api: Api) -> None:
    line = logged(cloud, api, httpx2.get(f"{api.url}/v1/echo", timeout=LONG))
    assert line["status"] == "401"
    assert line["error.responseType"] == "UNAUTHORIZED"
    assert line["identity.apiKeyId"] == "-"
