"""The engine metrics function over a CloudWatch that knows of no instances."""

from __future__ import annotations

import pytest

from lambda_api.handlers import engine_metrics
from tests.support.service.standin_prometheus import prometheus_server

ENVIRONMENT = {
    "TWIN_STAGE": "prod",
    "TWIN_ENDPOINT_NAME": "twin-prod",
    "TWIN_MODEL_ID": "twin",
    "TWIN_ENGINE": "vllm",
    "TWIN_QUEUED_REQUESTS_METRIC": "vllm:num_requests_waiting",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "000000000042",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


@pytest.fixture
def prometheus(monkeypatch):
    engine_metrics._connected.cache_clear()
    with prometheus_server() as server:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": server.url}.items():
            monkeypatch.setenv(name, value)
        yield server
        engine_metrics._connected().queries.close()
    engine_metrics._connected.cache_clear()


def test_only_what_the_environment_names_is_asked_for(prometheus):
    engine_metrics.handler({}, None)

    assert prometheus.queries == [
        'avg(vllm:num_requests_waiting{"aws.sagemaker.endpoint.name"="twin-prod",'
        '"aws.sagemaker.variant.name"!="shadow"})'
    ]
    assert {path for path, _, _ in prometheus.asked} == {"/api/v1/query"}
