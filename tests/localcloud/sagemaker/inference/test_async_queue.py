from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support.localcloud.async_deployment import AsyncDeployment
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import ENDLESS, Deployment, engines, kill_engine


@pytest.fixture
def queue(cloud: Cloud, model_file: Path) -> Iterator[AsyncDeployment]:
    """An asynchronous endpoint of the test's own, in service."""
    deployment = AsyncDeployment(cloud, model_file)
    assert deployment.create(deployment.container(ALIAS=deployment.endpoint))["EndpointStatus"] == (
        "InService"
    )
    yield deployment
    if deployment.exists():
        deployment.settled()
        deployment.delete()


def test_result_is_in_s3_and_in_the_success_topic(queue: AsyncDeployment) -> None:
    accepted = queue.submit(InferenceId="mine", CustomAttributes="a=1", Accept="application/json")
    assert accepted["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert accepted["InferenceId"] == "mine"
    (message,) = queue.messages(1)
    written = queue.read(accepted["OutputLocation"])
    assert json.loads(written)["usage"]["completion_tokens"] == 4
    assert message == {
        "awsRegion": "us-east-1",
        "eventTime": message["eventTime"],
        "receivedTime": message["receivedTime"],
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "application/json",
            "contentType": "application/json",
            "customAttributes": "a=1",
            "endpointName": queue.endpoint,
        },
        "responseParameters": {
            "contentType": "application/json; charset=utf-8",
            "outputLocation": accepted["OutputLocation"],
        },
        "responseBody": {"content": written.decode(), "encoding": "JSON"},
        "inferenceId": "mine",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_payload_comes_from_s3_and_the_result_goes_where_the_request_says(
    queue: AsyncDeployment,
) -> None:
    body = {"messages": [{"role": "user", "content": "x" * 200_000}], "max_tokens": 1}
    queue.cloud.client("s3").put_object(
        Bucket=queue.bucket, Key="input/large.json", Body=json.dumps(body)
    )
    source = f"s3://{queue.bucket}/input/large.json"
    accepted = queue.submit(
        InputLocation=source, S3OutputPathExtension="key-1/", Filename="response.json"
    )
    assert accepted["OutputLocation"] == f"s3://{queue.bucket}/output/key-1/response.json"
    (message,) = queue.messages(1)
    assert message["invocationStatus"] == "Failed", "larger than the context"
    assert message["requestParameters"]["inputLocation"] == source


def test_container_error_is_in_the_failure_path_and_the_error_topic(
    queue: AsyncDeployment,
) -> None:
    accepted = queue.submit(Body=b"{}")
    (message,) = queue.messages(1)
    assert message["invocationStatus"] == "Failed"
    assert message["failureLocation"] == accepted["FailureLocation"]
    assert "responseParameters" not in message
    written = json.loads(queue.read(accepted["FailureLocation"]))
    assert "messages" in written["error"]["message"]
    assert message["failureReason"].startswith("ClientError: Received ")
    assert written["error"]["message"] in message["failureReason"]


def test_missing_input_is_a_failure(queue: AsyncDeployment) -> None:
    accepted = queue.submit(InputLocation=f"s3://{queue.bucket}/absent")
    (message,) = queue.messages(1)
    assert message["failureReason"].startswith(
        f"ClientError: Could not read the request's input s3://{queue.bucket}/absent: "
    )
    assert queue.read(accepted["FailureLocation"]).decode() == message["failureReason"]


def test_request_that_takes_too_long_fails(queue: AsyncDeployment) -> None:
    queue.submit(ENDLESS, InvocationTimeoutSeconds=1)
    (message,) = queue.messages(1)
    assert message["invocationStatus"] == "Failed"
    assert "timed out" in message["failureReason"]


def test_requests_wait_while_there_is_no_instance(queue: AsyncDeployment) -> None:
    queue.scale(0)
    assert engines(queue.cloud, queue.endpoint) == []
    accepted = [queue.submit() for _ in range(20)]
    assert queue.received() == []
    queue.scale(2)
    assert len(engines(queue.cloud, queue.endpoint)) == 2
    done = [message["inferenceId"] for message in queue.messages(20)]
    assert sorted(done) == sorted(one["InferenceId"] for one in accepted)


def test_killed_instances_lose_and_double_nothing(queue: AsyncDeployment) -> None:
    accepted = [queue.submit(tokens=300) for _ in range(30)]
    done = []
    for _ in range(2):
        done += queue.messages(3)
        kill_engine(queue.cloud, queue.endpoint)
    done += queue.messages(30 - len(done))
    assert queue.received(wait_seconds=1) == []
    assert {message["invocationStatus"] for message in done} == {"Completed"}
    expected = sorted(one["InferenceId"] for one in accepted)
    assert sorted(message["inferenceId"] for message in done) == expected


def test_deleted_endpoint_fails_what_waits(queue: AsyncDeployment) -> None:
    queue.scale(0)
    queue.submit()
    queue.delete()
    (message,) = queue.messages(1)
    assert message["failureReason"] == f"Endpoint {queue.endpoint} was deleted."


def test_refusals(queue: AsyncDeployment, fresh: Deployment) -> None:
    fresh.create()
    unsupported = f"Endpoint {queue.endpoint} does not support this inference type."
    with pytest.raises(ClientError, match=unsupported):
        queue.invoke()
    with pytest.raises(ClientError, match=unsupported):
        list(queue.stream())
    with pytest.raises(ClientError, match="does not support this inference type"):
        fresh.runtime.invoke_endpoint_async(EndpointName=fresh.endpoint, Body=b"{}")
    with pytest.raises(ClientError, match="exactly one of Body and InputLocation"):
        queue.submit(Body=b"")
    with pytest.raises(ClientError, match="exactly one of Body and InputLocation"):
        queue.submit(Body=b"{}", InputLocation="s3://b/k")
    with pytest.raises(ClientError, match="less than or equal to 128000"):
        queue.submit(Body=b"x" * 128_001)
    with pytest.raises(ClientError, match="less than or equal to 21600"):
        queue.submit(RequestTTLSeconds=21_601)
    with pytest.raises(ClientError, match="DesiredInstanceCount of variant"):
        fresh.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=fresh.endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 0}],
        )
    with pytest.raises(ClientError, match="to or from asynchronous inference"):
        queue.sagemaker.update_endpoint(
            EndpointName=fresh.endpoint, EndpointConfigName=queue.config
        )
