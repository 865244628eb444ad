from __future__ import annotations

import time

import httpx2
import pytest

from tests.localcloud.cloud import Cloud
from tests.localcloud.streaming_api import Api, deploy, key


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> Api:
    return deploy(cloud)


@pytest.fixture
def http(api: Api):
    headers = {"Authorization": f"Bearer {key(api)}"}
    with httpx2.Client(base_url=api.url, headers=headers, timeout=30) as client:
        yield client


def test_chunks_arrive_as_they_are_made(http: httpx2.Client) -> None:
    http.get("/v1/echo")
    with http.stream("POST", "/v1/ticks?n=6", content=b"{}") as response:
        lags = [time.time() - float(line.split()[2]) for line in response.iter_lines() if line]
    assert response.status_code == 200
    assert len(lags) == 6
    assert sorted(lags)[3] < 0.01
