"""What CloudFormation's words mean for a rollout."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from lambda_api.aws.lifecycle.cloudformation import CloudFormationStacks
from lambda_api.rollouts.ports import BusyStackError, NoUpdateError

STACK = "Stack:arn:aws:cloudformation:eu-west-1:111122223333:stack/twin-dev-serving/0b1c"


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        (f"{STACK} is in UPDATE_IN_PROGRESS state and can not be updated.", BusyStackError),
        (
            f"{STACK} is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS state and can not be updated.",
            BusyStackError,
        ),
        ("No updates are to be performed.", NoUpdateError),
        (f"{STACK} is in ROLLBACK_COMPLETE state and can not be updated.", ClientError),
    ],
)
def test_a_refused_update_is_told_by_its_reason(message: str, meaning: type[Exception]) -> None:
    client = boto3.client(
        "cloudformation",
        region_name="eu-west-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    stack = {"StackName": "s", "StackStatus": "UPDATE_COMPLETE", "CreationTime": "2026-11-30"}
    with Stubber(client) as stubber:
        stubber.add_response("describe_stacks", {"Stacks": [stack]})
        stubber.add_client_error("update_stack", "ValidationError", message, 400)
        with pytest.raises(meaning):
            CloudFormationStacks(client).update("twin-dev-serving")
