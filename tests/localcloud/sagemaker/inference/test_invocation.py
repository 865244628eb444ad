from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.support.eventually import eventually
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import (
    ENDLESS,
    VARIANT,
    Deployment,
    answering,
    engines,
    until_answered,
)


@pytest.fixture(scope="module")
def deployment(cloud: Cloud, model_file: Path) -> Iterator[Deployment]:
    """Two instances that take one request each at a time."""
    deployment = Deployment(cloud, model_file)
    container = deployment.container(PARALLEL="1", ALIAS=deployment.endpoint)
    assert deployment.create(container, InitialInstanceCount=2)["EndpointStatus"] == "InService"
    yield deployment
    deployment.delete()


def test_answer_comes_whole(deployment: Deployment) -> None:
    answer = deployment.invoke(tokens=4)
    assert answer["usage"]["completion_tokens"] == 4
    assert answer["model"] == deployment.endpoint


def test_answer_comes_in_pieces(deployment: Deployment) -> None:
    with closing(deployment.stream(ENDLESS)) as pieces:
        begun = [next(pieces) for _ in range(3)]
    assert all(piece.startswith(b"data: {") for piece in begun)
    assert b"".join(deployment.stream(tokens=4)).rstrip().endswith(b"data: [DONE]")


def test_content_types_and_variant_are_told(deployment: Deployment) -> None:
    arguments = {"EndpointName": deployment.endpoint, "ContentType": "application/json"}
    whole = deployment.runtime.invoke_endpoint(**arguments, Body='{"messages": []}')
    whole["Body"].close()
    streamed = deployment.runtime.invoke_endpoint_with_response_stream(
        **arguments, Body='{"messages": [], "stream": true, "max_tokens": 1}'
    )
    streamed["Body"].close()
    assert whole["ContentType"].startswith("application/json")
    assert streamed["ContentType"].startswith("text/event-stream")
    assert whole["InvokedProductionVariant"] == streamed["InvokedProductionVariant"] == VARIANT


def test_least_busy_instance_takes_the_next_request(deployment: Deployment) -> None:
    with closing(deployment.stream(ENDLESS)) as busy:
        next(busy)
        # Both slots' worth of requests at once: the second would wait behind the first.
        assert deployment.invoke(tokens=1)["usage"]["completion_tokens"] == 1


def test_client_that_leaves_frees_its_slots(deployment: Deployment) -> None:
    streams = [deployment.stream(ENDLESS) for _ in range(2)]
    for stream in streams:
        next(stream)
        stream.close()
    # Far less than it takes to fill the engine's context.
    eventually(lambda: not answering(deployment.cloud, deployment.endpoint), seconds=30)
    for _ in range(2):
        deployment.invoke(tokens=1)


def test_killed_engine_ends_the_stream_with_an_error_and_is_restarted(
    deployment: Deployment,
) -> None:
    before = engines(deployment.cloud, deployment.endpoint)
    stream = deployment.stream(ENDLESS)
    next(stream)
    for engine in before:
        engine.kill()
    with pytest.raises(EventStreamError, match=r"ModelStreamError.*closed the connection"):
        list(stream)
    assert until_answered(deployment)["usage"]["completion_tokens"] == 1
    after = {engine.pid for engine in engines(deployment.cloud, deployment.endpoint)}
    assert not {engine.pid for engine in before} & after
    assert deployment.settled()["EndpointStatus"] == "InService"


def test_engines_refusal_becomes_a_model_error(deployment: Deployment) -> None:
    for operation in ("invoke_endpoint", "invoke_endpoint_with_response_stream"):
        with pytest.raises(deployment.runtime.exceptions.ModelError) as caught:
            getattr(deployment.runtime, operation)(
                EndpointName=deployment.endpoint,
                ContentType="application/json",
                Body='{"messages": "not a list", "stream": true}',
            )
        response = caught.value.response
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
        assert response["OriginalStatusCode"] == 400
        assert "messages" in response["OriginalMessage"]
        group = f"log-group:/aws/sagemaker/Endpoints/{deployment.endpoint}"
        assert f"{group}:log-stream:{VARIANT}/i-" in response["LogStreamArn"]


def test_body_over_the_limit_is_refused(deployment: Deployment) -> None:
    with pytest.raises(ClientError) as caught:
        deployment.runtime.invoke_endpoint(
            EndpointName=deployment.endpoint, Body=b"x" * 7 * 1024 * 1024
        )
    assert caught.value.response["Error"]["Code"] == "413"
    assert "exceeded 6291456 bytes" in str(caught.value)


def test_unknown_endpoint_is_named(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as caught:
        cloud.client("sagemaker-runtime").invoke_endpoint(EndpointName="absent", Body=b"{}")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert f"Endpoint absent of account {cloud.settings.account} not found." in str(caught.value)


def test_variant_can_be_chosen(deployment: Deployment) -> None:
    assert deployment.invoke(tokens=1, TargetVariant=VARIANT)["usage"]["completion_tokens"] == 1
    with pytest.raises(ClientError, match="Could not find variant other"):
        deployment.invoke(tokens=1, TargetVariant="other")


def test_what_is_not_emulated_says_so(deployment: Deployment) -> None:
    with pytest.raises(ClientError, match="not emulated: TargetModel"):
        deployment.invoke(tokens=1, TargetModel="other")
