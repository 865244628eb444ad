from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.web_adapter.request import AdapterRequest, adapter_request
from tests.support.localcloud.function import FUNCTION


def request(**headers: list[str]) -> AdapterRequest:
    event: dict[str, Any] = {
        "httpMethod": "GET",
        "path": "/v1/models",
        "multiValueQueryStringParameters": None,
        "multiValueHeaders": {name.replace("_", "-"): values for name, values in headers.items()},
        "requestContext": {"requestId": "r-1", "identity": {"apiKeyId": "a"}},
        "body": None,
        "isBase64Encoded": False,
    }
    return adapter_request(event, FUNCTION, deadline=1.0, log_stream="stream")


@pytest.mark.parametrize(
    "name", ["x-amzn-request-context", "X-Amzn-Request-Context", "X-AMZN-REQUEST-CONTEXT"]
)
def test_context_of_the_request_is_the_adapters_alone(name: str) -> None:
    forged = request(**{name: ['{"identity":{"apiKeyId":"b"}}', "{}"]})
    (context,) = [value for key, value in forged.headers if key.lower() == name.lower()]
    assert json.loads(context)["identity"] == {"apiKeyId": "a"}


@pytest.mark.parametrize("name", ["x-amzn-lambda-context", "X-Amzn-Lambda-Context"])
def test_context_of_the_invocation_is_the_adapters_alone(name: str) -> None:
    forged = request(**{name: ['{"invoked_function_arn":"arn:b"}']})
    (context,) = [value for key, value in forged.headers if key.lower() == name.lower()]
    assert json.loads(context)["invoked_function_arn"] == FUNCTION.arn


def test_headers_of_the_connection_stay_behind_and_repeated_ones_stay_apart() -> None:
    headers = request(Connection=["close"], X_Own=["1", "2"]).headers
    assert [pair for pair in headers if not pair[0].startswith("x-amzn-")] == [
        ("X-Own", "1"),
        ("X-Own", "2"),
    ]
