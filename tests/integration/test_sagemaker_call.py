"""What an invocation tells SageMaker besides its payload."""

from __future__ import annotations

import pytest

from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint
from tests.support.service.standin_runtime import DONE, Stream, completion

COMPONENT = "x-amzn-sagemaker-inference-component"
PREFIX = "x-amzn-sagemaker-prefix-aware-id"


@pytest.fixture
def connect(runtime, url):
    """An endpoint that calls the stand-in; `url` has set the environment."""
    return lambda **how: SageMakerEndpoint.connect("twin-local", 5, **how)


def invoke(endpoint, runtime, prefix):
    """The headers of both operations."""
    runtime.answer = completion("hi")
    endpoint.complete(b"{}", prefix)
    runtime.answer = Stream([DONE])
    list(endpoint.open_stream(b"{}", prefix))
    return [call.headers for call in runtime.received]


def test_both_operations_name_the_component_and_the_prefix(connect, runtime):
    for headers in invoke(connect(component_name="twin-local"), runtime, "user-1"):
        assert headers[COMPONENT] == "twin-local"
        assert headers[PREFIX] == "user-1"


def test_an_endpoint_without_them_is_told_neither(connect, runtime):
    for headers in invoke(connect(), runtime, None):
        assert not headers.keys() & {COMPONENT, PREFIX}
