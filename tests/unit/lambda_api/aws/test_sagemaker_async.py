"""Requests for an asynchronous endpoint, as SageMaker gets them."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from lambda_api.aws.sagemaker_async import SageMakerQueue
from lambda_api.errors import ThrottledError
from lambda_api.responses.background import Accepted

CALL = {"EndpointName": "twin-local-async", "ContentType": "application/json"}
OUTPUT, FAILURE = "s3://bucket/async/output/1.out", "s3://bucket/async/failures/1.out"


@pytest.fixture
def stub():
    client = boto3.client(
        "sagemaker-runtime", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="s"
    )
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def queue(stub):
    return SageMakerQueue(stub.client, CALL)


def test_a_request_goes_in_the_call(queue, stub):
    answer = {"OutputLocation": OUTPUT, "FailureLocation": FAILURE}
    stub.add_response("invoke_endpoint_async", answer, {**CALL, "InferenceId": "1", "Body": b"{}"})

    assert queue.submit("1", b"{}") == Accepted(OUTPUT, FAILURE)


def test_a_stored_request_goes_by_its_uri(queue, stub):
    call = {**CALL, "InferenceId": "1", "InputLocation": "s3://bucket/input.json"}
    stub.add_response("invoke_endpoint_async", {"OutputLocation": OUTPUT}, call)

    assert queue.submit_stored("1", "s3://bucket/input.json") == Accepted(OUTPUT, None)


def test_a_refusal_is_one_of_our_errors(queue, stub):
    stub.add_client_error("invoke_endpoint_async", "ThrottlingException", http_status_code=400)

    with pytest.raises(ThrottledError):
        queue.submit("1", b"{}")
