"""Executions, as Step Functions is asked for them."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from lambda_api.aws.step_functions import StateMachine
from lambda_api.errors import SchedulerError

ARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:twin-local-batch"
EXECUTION = "arn:aws:states:eu-west-1:000000000000:execution:twin-local-batch:batch_1"


@pytest.fixture
def stub():
    client = boto3.client(
        "stepfunctions", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="s"
    )
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def machine(stub):
    return StateMachine(stub.client, ARN)


def test_an_execution_has_its_batchs_name(machine, stub):
    stub.add_response(
        "start_execution",
        {"executionArn": EXECUTION, "startDate": 0},
        {"stateMachineArn": ARN, "name": "batch_1", "input": '{"batch_id": "batch_1"}'},
    )

    machine.start("batch_1", {"batch_id": "batch_1"})


def test_an_execution_is_stopped_by_name(machine, stub):
    stub.add_response("stop_execution", {"stopDate": 0}, {"executionArn": EXECUTION})

    machine.stop("batch_1")


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("start_execution", "ExecutionAlreadyExists"),
        ("stop_execution", "ExecutionDoesNotExist"),
        ("stop_execution", "ValidationException"),
    ],
)
def test_what_is_done_already_is_no_failure(machine, stub, operation, code):
    stub.add_client_error(operation, code)

    machine.start("batch_1", {}) if operation == "start_execution" else machine.stop("batch_1")


@pytest.mark.parametrize("operation", ["start_execution", "stop_execution"])
def test_a_refusal_tells_nothing_of_aws(machine, stub, operation):
    stub.add_client_error(operation, "AccessDeniedException", f"not authorized on {ARN}")

    with pytest.raises(SchedulerError) as caught:
        machine.start("batch_1", {}) if operation == "start_execution" else machine.stop("batch_1")

    assert "arn" not in caught.value.message
    assert caught.value.reason == "Step Functions AccessDeniedException"


@pytest.mark.parametrize(
    ("status", "is_running"), [("RUNNING", True), ("SUCCEEDED", False), ("ABORTED", False)]
)
def test_an_execution_runs_until_it_has_ended(machine, stub, status, is_running):
    found = {"executionArn": EXECUTION, "stateMachineArn": ARN, "startDate": 0, "status": status}
    stub.add_response("describe_execution", found, {"executionArn": EXECUTION})

    assert machine.is_running("batch_1") is is_running


def test_an_execution_that_never_was_does_not_run(machine, stub):
    stub.add_client_error("describe_execution", "ExecutionDoesNotExist")

    assert machine.is_running("batch_1") is False


def test_an_execution_that_cannot_be_seen_is_not_taken_for_ended(machine, stub):
    stub.add_client_error("describe_execution", "ThrottlingException")

    with pytest.raises(SchedulerError):
        machine.is_running("batch_1")
