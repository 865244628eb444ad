"""Executions that are cut short end as on AWS, and their events run a function."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest

from tests.support.eventually import eventually, poll
from tests.support.localcloud.cloud import ROLE, Cloud, let_invoke, package

KEEP = """
import json, os, urllib.request

def put(name, value):
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{os.environ['BUCKET']}/{name}"
    body = json.dumps(value).encode()
    urllib.request.urlopen(urllib.request.Request(url, data=body, method="PUT", headers={
        "authorization": "AWS4-HMAC-SHA256 Credential=000000000042/20261129/us-east-1/s3/x"}))

def handler(event, context):
    if "detail" in event:
        put(event["detail"]["name"], event["detail"])
        return {}
    put(f"tried-{context.aws_request_id}", event)
    raise RuntimeError("again")
"""

SLOW = {"Type": "Wait", "Seconds": 600, "End": True}
BROKEN = {"Type": "Fail", "Error": "Broken"}


class Machine:
    """A state machine whose executions a function is told of when cut short."""

    def __init__(self, cloud: Cloud) -> None:
        self.name = f"executions-{uuid.uuid4().hex[:8]}"
        self.s3, self.client = cloud.client("s3"), cloud.client("stepfunctions")
        self.s3.create_bucket(Bucket=self.name)
        self.function = cloud.client("lambda").create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="code.handler",
            Code={"ZipFile": package({"code.py": KEEP})},
            Environment={"Variables": {"BUCKET": self.name}},
            Timeout=30,
        )["FunctionArn"]
        let_invoke(cloud, self.name, "events.amazonaws.com")
        self.events = cloud.client("events")

    def start(self, state: dict[str, Any], **definition: Any) -> str:
        definition |= {"StartAt": "Only", "States": {"Only": state}}
        arn = self.client.create_state_machine(
            name=self.name, definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        pattern = {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"stateMachineArn": [arn], "status": ["FAILED", "TIMED_OUT", "ABORTED"]},
        }
        self.events.put_rule(Name=self.name, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=self.name, Targets=[{"Id": "1", "Arn": self.function}])
        started = self.client.start_execution(
            stateMachineArn=arn, name="one", input=json.dumps({"owner": "a"})
        )
        return str(started["executionArn"])

    def kept(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.name).get("Contents", [])
        return [str(entry["Key"]) for entry in listed]

    def told(self) -> dict[str, Any]:
        eventually(lambda: "one" in self.kept())
        detail: dict[str, Any] = json.loads(
            self.s3.get_object(Bucket=self.name, Key="one")["Body"].read()
        )
        return detail


@pytest.fixture
def machine(cloud: Cloud) -> Machine:
    return Machine(cloud)


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_an_execution_that_is_cut_short_is_told_with_its_input(
    machine: Machine, status: str
) -> None:
    limit = {"TimeoutSeconds": 1} if status == "TIMED_OUT" else {}
    execution = machine.start(BROKEN if status == "FAILED" else SLOW, **limit)
    if status == "ABORTED":
        machine.client.stop_execution(executionArn=execution)
    detail = machine.told()

    assert (detail["status"], json.loads(detail["input"])) == (status, {"owner": "a"})
    assert machine.client.describe_execution(executionArn=execution)["status"] == status


def test_the_task_of_a_stopped_execution_is_not_tried_again(machine: Machine) -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "MaxAttempts": 10_000}
    task = {"Type": "Task", "Resource": machine.function, "End": True, "Retry": [retry]}
    execution = machine.start(task)
    poll(machine.kept, lambda kept: len(kept) >= 2)
    machine.client.stop_execution(executionArn=execution)
    machine.told()
    before = len(machine.kept())
    time.sleep(1)  # in which some ten tries would fit

    assert len(machine.kept()) <= before + 1  # the one that was under way
