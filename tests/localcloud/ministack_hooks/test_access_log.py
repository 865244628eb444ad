"""A REST API stage's access log."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import pytest

from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import Api, deploy, key


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return deploy(cloud)


def logged(cloud: Cloud, api: Api, response: httpx2.Response) -> dict[str, Any]:
    """The line of a request, which is written when its answer is complete."""
    deadline = time.monotonic() + 3
    while True:
        events = cloud.client("logs").filter_log_events(logGroupName=f"access-{api.stack}")
        for event in events["events"]:
            line: dict[str, Any] = json.loads(event["message"])
            if line["requestId"] == response.headers["x-amzn-requestid"]:
                return line
        assert time.monotonic() < deadline, events["events"]


def test_stream_is_logged_with_its_time_to_first_content(cloud: Cloud, api: Api) -> None:
    headers = {"Authorization": f"Bearer {key(api)}"}
    httpx2.get(f"{api.url}/v1/echo", headers=headers, timeout=30)
    response = httpx2.post(f"{api.url}/v1/ticks?n=6", headers=headers)
    line = logged(cloud, api, response)
    assert line["status"] == "200"
    assert line["path"] == "/live/v1/ticks"
    assert line["error.responseType"] == "-"
    assert line["identity.apiKeyId"] != "-"
    assert line["integration.responseTransferMode"] == "STREAM"
    assert int(line["responseLength"]) == len(response.content)
    first, whole = int(line["integration.timeToFirstContent"]), int(line["responseLatency"])
    assert first + 200 <= whole, "six pieces are 50 ms apart"


def test_buffered_answer_is_logged(cloud: Cloud, api: Api) -> None:
    headers = {"Authorization": f"Bearer {key(api)}"}
    response = httpx2.get(f"{api.url}/v1/buffered", headers=headers, timeout=30)
    context = response.json()["event"]["requestContext"]
    line = logged(cloud, api, response)
    assert line["integration.responseTransferMode"] == "BUFFERED"
    assert line["requestId"] == context["requestId"]
    assert line["identity.apiKeyId"] == context["identity"]["apiKeyId"]
    assert context["identity"]["apiKey"] == key(api)


def test_refused_request_is_logged_with_the_reason(cloud: Cloud, api: Api) -> None:
    line = logged(cloud, api, httpx2.get(f"{api.url}/v1/echo"))
    assert line["status"] == "401"
    assert line["error.responseType"] == "UNAUTHORIZED"
    assert line["identity.apiKeyId"] == "-"
