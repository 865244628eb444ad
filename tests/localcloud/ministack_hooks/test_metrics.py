"""Metrics that AWS's services publish, and those in the lines of functions' logs."""

from __future__ import annotations

import json
import time

import httpx2
import pytest

from tests.support.eventually import LONG, eventually
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.published import Published
from tests.support.localcloud.streaming_api import Api, deploy, key


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return deploy(cloud)


def test_requests_of_a_stage_are_counted(cloud: Cloud, api: Api) -> None:
    allowed = {"Authorization": f"Bearer {key(api)}"}
    with httpx2.Client(base_url=api.url, timeout=LONG) as http:
        assert http.get("/v1/echo", headers=allowed).status_code == 200
        assert http.get("/v1/fail", headers=allowed).status_code == 502
        assert http.get("/v1/echo").status_code == 401
    for dimensions in ({"ApiName": api.stack}, {"ApiName": api.stack, "Stage": "live"}):
        published = Published(cloud, "AWS/ApiGateway", **dimensions)
        eventually(lambda published=published: published("Count") == 3)  # type: ignore[misc]
        assert published("4XXError") == 1
        assert published("5XXError", "Average") == pytest.approx(1 / 3)
        assert published("Latency", "SampleCount") == 3
        assert published("IntegrationLatency", "SampleCount") == 2


def test_line_of_a_functions_log_is_a_metric(cloud: Cloud, api: Api) -> None:
    directive = {
        "Namespace": "Twin",
        "Dimensions": [["stack"]],
        "Metrics": [{"Name": "Tokens", "Unit": "Count"}],
    }
    metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    line = json.dumps({"_aws": metadata, "stack": api.stack, "Tokens": [5, 7]})
    headers = {"Authorization": f"Bearer {key(api)}"}
    with httpx2.Client(base_url=api.url, headers=headers, timeout=LONG) as http:
        http.post("/v1/measured", content=line)
    published = Published(cloud, "Twin", stack=api.stack)
    eventually(lambda: published("Tokens") == 12)
    assert published("Tokens", "Maximum") == 7
