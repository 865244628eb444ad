"""Jobs of a batch are found by their names, and stopped."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambda_api.handlers.transform_jobs import TransformJobs

BATCH = f"batch_{'a' * 32}"
JOB = f"twin-prod-{'a' * 32}-0000"


@pytest.fixture
def stubbed(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("sagemaker")
    with Stubber(client) as stub:
        summary = {
            "TransformJobName": JOB,
            "TransformJobArn": f"arn:aws:sagemaker:us-east-1:000000000000:transform-job/{JOB}",
            "CreationTime": 0,
            "TransformJobStatus": "InProgress",
        }
        stub.add_response(
            "list_transform_jobs",
            {"TransformJobSummaries": [summary]},
            {"NameContains": "a" * 32, "StatusEquals": "InProgress"},
        )
        yield TransformJobs(client), stub


def test_a_job_that_runs_is_stopped(stubbed):
    jobs, stub = stubbed
    stub.add_response("stop_transform_job", {}, {"TransformJobName": JOB})
    jobs.stop(BATCH)
    stub.assert_no_pending_responses()


def test_a_job_that_has_just_ended_is_no_error_and_what_is_forbidden_is(stubbed):
    jobs, stub = stubbed
    stub.add_client_error("stop_transform_job", "ValidationException")
    jobs.stop(BATCH)
    stub.add_client_error("list_transform_jobs", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        jobs.stop(BATCH)
