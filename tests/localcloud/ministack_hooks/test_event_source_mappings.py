"""What the webhook's queues ask of ministack: batches that fail in part, pauses, dead letters."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import Any

from tests.support.eventually import eventually
from tests.support.localcloud.cloud import ROLE, Cloud

# Notes each message beside the others in a queue, and fails those that say so.
CODE = """
import json, os, urllib.request

def send(url, body):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], data=json.dumps(
        {"QueueUrl": url, "MessageBody": body}).encode(), headers={
        "x-amz-target": "AmazonSQS.SendMessage", "content-type": "application/x-amz-json-1.0",
        "authorization": "AWS4-HMAC-SHA256 Credential=000000000042/20261129/us-east-1/sqs/x"})
    urllib.request.urlopen(request).read()

def handler(event, context):
    failed = []
    for record in event["Records"]:
        count = record["attributes"]["ApproximateReceiveCount"]
        send(os.environ["SEEN"], record["body"] + " " + count)
        if record["body"].startswith("fails"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


def template(seen: str) -> dict[str, Any]:
    queue = {"SqsManagedSseEnabled": True, "VisibilityTimeout": 1}
    dead = {"Fn::GetAtt": ["Dead", "Arn"]}
    return {
        "Resources": {
            "Dead": {"Type": "AWS::SQS::Queue", "Properties": queue},
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    **queue,
                    "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": 2},
                },
            },
            "Policy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "Queue"}],
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Deny",
                                "Principal": {"AWS": "*"},
                                "Action": "sqs:*",
                                "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        ],
                    },
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Role": ROLE,
                    "Handler": "index.handler",
                    "Code": {"ZipFile": CODE},
                    "Environment": {"Variables": {"SEEN": seen}},
                    "Timeout": 30,
                },
            },
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "FunctionName": {"Ref": "Function"},
                    "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "BatchSize": 10,
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                    "ScalingConfig": {"MaximumConcurrency": 2},
                },
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Queue", "Dead")},
    }


def test_what_fails_comes_again_alone_and_ends_as_a_dead_letter(cloud: Cloud) -> None:
    sqs, formation = cloud.client("sqs"), cloud.client("cloudformation")
    seen = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    name = f"mapping-{uuid.uuid4().hex[:8]}"
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template(seen)))
    outputs: dict[str, str] = {}

    def deployed() -> bool:
        stack = formation.describe_stacks(StackName=name)["Stacks"][0]
        assert "ROLLBACK" not in stack["StackStatus"], formation.describe_stack_events(
            StackName=name
        )
        outputs.update({o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])})
        return bool(stack["StackStatus"] == "CREATE_COMPLETE")

    eventually(deployed)
    for body in ("fine", "fails", "fine too"):
        sqs.send_message(QueueUrl=outputs["Queue"], MessageBody=body)

    dead: list[str] = []

    def received(url: str) -> list[str]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    def given_up() -> bool:
        dead.extend(received(outputs["Dead"]))
        return dead == ["fails"]

    eventually(given_up)
    handled: list[str] = []
    eventually(lambda: not (handled.extend(more := received(seen)) or more))
    assert Counter(handled) == Counter(["fine 1", "fine too 1", "fails 1", "fails 2"])
    formation.delete_stack(StackName=name)
