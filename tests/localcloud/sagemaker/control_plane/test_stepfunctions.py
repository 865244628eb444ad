"""State machines that run transform jobs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.support.eventually import eventually, poll
from tests.support.localcloud.cloud import ROLE, Cloud, package
from tests.support.localcloud.deployment import ENDLESS, Deployment, answering, unique
from tests.support.localcloud.transform import Transform, line, lines

RUN_JOB = "arn:aws:states:::sagemaker:createTransformJob.sync"
SDK = "arn:aws:states:::aws-sdk:sagemaker:createTransformJob"


@pytest.fixture
def transform(fresh: Deployment) -> Transform:
    return Transform(fresh)


class Machine:
    """A state machine of a test's own."""

    def __init__(self, cloud: Cloud, start: str, **states: Any) -> None:
        self.client = cloud.client("stepfunctions")
        definition = json.dumps({"StartAt": start, "States": states})
        self.arn = self.client.create_state_machine(
            name=unique("machine"), definition=definition, roleArn=ROLE
        )["stateMachineArn"]

    def start(self, **given: Any) -> str:
        return str(
            self.client.start_execution(stateMachineArn=self.arn, input=json.dumps(given))[
                "executionArn"
            ]
        )

    def ended(self, execution: str) -> dict[str, Any]:
        return poll(
            lambda: dict(self.client.describe_execution(executionArn=execution)),
            lambda found: found["status"] != "RUNNING",
        )


def task(transform: Transform, resource: str = RUN_JOB, **changes: Any) -> dict[str, Any]:
    parameters = transform.parameters(**changes)
    del parameters["TransformJobName"]
    parameters["TransformJobName.$"] = "$.job_name"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}


def function(cloud: Cloud, code: str) -> str:
    return str(
        cloud.client("lambda").create_function(
            FunctionName=unique("function"),
            Runtime="python3.13",
            Role=ROLE,
            Handler="code.handler",
            Code={"ZipFile": package({"code.py": code})},
            Timeout=30,
        )["FunctionArn"]
    )


def test_functions_before_and_after_a_job(transform: Transform) -> None:
    name = function(
        transform.cloud,
        "def handler(event, context):\n    return {**event, 'job_name': event['id'] + '-job'}\n",
    )
    collect = function(
        transform.cloud,
        "def handler(event, context):\n    return {'id': event['id'], 'status': event['status']}\n",
    )
    transform.put({"a.jsonl": lines("a", 2)})
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "Next": "Transform",
    }
    job = {**task(transform), "ResultPath": "$.transform", "Next": "Collect"}
    del job["End"]
    after = {
        **invoke,
        "Parameters": {
            "FunctionName": collect,
            "Payload": {"id.$": "$.id", "status.$": "$.transform.TransformJobStatus"},
        },
        "End": True,
    }
    del after["Next"]
    machine = Machine(transform.cloud, "Prepare", Prepare=invoke, Transform=job, Collect=after)
    identifier = unique("batch")
    ended = machine.ended(machine.start(id=identifier))
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == {"id": identifier, "status": "Completed"}
    assert len(transform.outputs()["a.jsonl.out"]) == 2


def test_failed_job_fails_the_task_with_its_description(transform: Transform) -> None:
    caught = {"Type": "Pass", "End": True}
    job = task(transform)
    job["Catch"] = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    machine = Machine(transform.cloud, "Run", Run=job, Caught=caught)
    ended = machine.ended(machine.start(job_name=unique("job")))
    assert ended["status"] == "SUCCEEDED"
    output = json.loads(ended["output"])
    assert output["Error"] == "States.TaskFailed"
    cause = json.loads(output["Cause"])
    assert cause["TransformJobStatus"] == "Failed"
    assert "No S3 objects found" in cause["FailureReason"]


def test_stopped_execution_stops_its_job_and_stays_aborted(transform: Transform) -> None:
    transform.put({"a.jsonl": line("a", ENDLESS)})
    machine = Machine(transform.cloud, "Run", Run=task(transform))
    name = unique("job")
    execution = machine.start(job_name=name)
    eventually(lambda: answering(transform.cloud, transform.alias) != [])
    machine.client.stop_execution(executionArn=execution)
    assert transform.ended(name)["TransformJobStatus"] == "Stopped"
    time.sleep(0.3)  # in which the task of the stopped job must change nothing
    assert machine.ended(execution)["status"] == "ABORTED"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"ModelName": "absent"}, "SageMaker.AmazonSageMakerException"),
        ({"TransformInput": {}}, "SageMaker.AmazonSageMakerException"),
    ],
)
def test_refused_job_fails_with_the_services_error(
    transform: Transform, changes: dict[str, Any], error: str
) -> None:
    machine = Machine(transform.cloud, "Run", Run=task(transform, **changes))
    assert machine.ended(machine.start(job_name=unique("job")))["error"] == error


def test_the_sdk_integration_has_the_sdks_errors(transform: Transform) -> None:
    machine = Machine(transform.cloud, "Run", Run=task(transform, SDK, ModelName="absent"))
    ended = machine.ended(machine.start(job_name=unique("job")))
    assert ended["error"] == "SageMaker.SageMakerException"
    assert ended["cause"].endswith("(Service: SageMaker, Status Code: 400, Request ID: local)")


@pytest.mark.parametrize("resource", [RUN_JOB, SDK])
def test_name_in_use_is_an_error_of_its_own(transform: Transform, resource: str) -> None:
    transform.put({"a.jsonl": lines("a", 1)})
    job = transform.run()
    machine = Machine(transform.cloud, "Run", Run=task(transform, resource))
    ended = machine.ended(machine.start(job_name=job["TransformJobName"]))
    assert ended["error"] == "SageMaker.ResourceInUseException"


def test_request_response_and_sdk_integrations(transform: Transform) -> None:
    transform.put({"a.jsonl": lines("a", 1)})
    start = {
        **task(transform, "arn:aws:states:::sagemaker:createTransformJob"),
        "ResultPath": "$.started",
        "Next": "Look",
    }
    del start["End"]
    look = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeTransformJob",
        "Parameters": {"TransformJobName.$": "$.job_name"},
        "End": True,
    }
    machine = Machine(transform.cloud, "Start", Start=start, Look=look)
    name = unique("job")
    ended = machine.ended(machine.start(job_name=name))
    assert json.loads(ended["output"])["TransformJobName"] == name
    transform.ended(name)
