"""What the asynchronous and batch stacks ask of ministack: events, S3's conditions and links."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import LONG, eventually
from tests.support.localcloud.account import Account
from tests.support.localcloud.cloud import ROLE, Cloud, add_role, let_invoke, package
from tests.support.other_bus import heard_elsewhere

WRITE = """
import json, os, time, urllib.request

def handler(event, context):
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        time.sleep(message.get("seconds", 0))
        seen = os.path.exists(f"/tmp/{message['id']}")
        if message.get("fails") and not seen:
            open(f"/tmp/{message['id']}", "w").close()
            raise RuntimeError("once")
        url = f"{os.environ['AWS_ENDPOINT_URL']}/{os.environ['BUCKET']}/{message['id']}"
        urllib.request.urlopen(urllib.request.Request(url, data=b"done", method="PUT", headers={
            "authorization": "AWS4-HMAC-SHA256 Credential=000000000042/20261129/us-east-1/s3/x"}))
"""


class Subscription:
    """A topic whose messages a function turns into objects of a bucket."""

    def __init__(self, cloud: Cloud, *, reserved: int | None = None) -> None:
        name = f"events-{uuid.uuid4().hex[:8]}"
        self.s3, self.sns = cloud.client("s3"), cloud.client("sns")
        self.bucket = name
        self.s3.create_bucket(Bucket=name)
        functions = cloud.client("lambda")
        arn = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="code.handler",
            Code={"ZipFile": package({"code.py": WRITE})},
            Environment={"Variables": {"BUCKET": name}},
            Timeout=30,
        )["FunctionArn"]
        if reserved is not None:
            functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=reserved
            )
        let_invoke(cloud, name, "sns.amazonaws.com")
        self.topic = self.sns.create_topic(Name=name)["TopicArn"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="lambda", Endpoint=arn)

    def publish(self, **message: Any) -> str:
        identifier = uuid.uuid4().hex
        self.sns.publish(TopicArn=self.topic, Message=json.dumps({"id": identifier, **message}))
        return identifier

    def handled(self) -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket)
        return {entry["Key"] for entry in listed.get("Contents", [])}


def test_burst_at_a_function_with_one_environment_loses_nothing(cloud: Cloud) -> None:
    subscription = Subscription(cloud, reserved=1)
    sent = {subscription.publish(seconds=0.02) for _ in range(40)}
    eventually(lambda: subscription.handled() == sent)


def test_event_that_made_its_function_fail_is_tried_again(cloud: Cloud) -> None:
    subscription = Subscription(cloud)
    sent = {subscription.publish(fails=True)}
    eventually(lambda: subscription.handled() == sent)


def test_another_accounts_bus_gets_what_the_role_of_a_rule_may_put_there(
    cloud: Cloud, tmp_path: Path
) -> None:
    sender, source, events = (
        cloud.settings.account,
        f"test-{uuid.uuid4().hex}",
        cloud.client("events"),
    )
    other = Account(cloud, "000000000078", tmp_path)
    bus = f"arn:aws:events:us-east-1:{other.number}:event-bus/default"
    role = f"arn:aws:iam::{sender}:role/{source}"
    add_role(cloud, role, {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"})
    events.put_rule(Name=source, EventPattern=json.dumps({"source": [source]}))
    entry = {"Source": source, "DetailType": "any", "Detail": "{}"}

    def heard_with(role: str, taken: Callable[[], list[Any]]) -> list[Any]:
        events.put_targets(Rule=source, Targets=[{"Id": "bus", "Arn": bus, "RoleArn": role}])
        events.put_events(Entries=[entry])
        return taken()

    with heard_elsewhere(other.client, source, sender=sender) as taken:
        assert heard_with(f"{role}-of-nobody", taken) == []
        assert [event["source"] for event in heard_with(role, taken)] == [source]
    with heard_elsewhere(other.client, source, sender="000000000079") as taken:
        assert heard_with(role, taken) == []


@pytest.fixture
def bucket(cloud: Cloud) -> str:
    name = f"conditions-{uuid.uuid4().hex[:8]}"
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def test_conditional_writes(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=first)["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=first)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.put_object(Bucket=bucket, Key="absent", Body=b"3", IfMatch=second)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_presigned_links(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3", signature_version="s3v4")
    where = {"Bucket": bucket, "Key": "folder/a b.jsonl"}
    upload = s3.generate_presigned_url("put_object", Params=where, ExpiresIn=60)
    assert httpx2.put(upload, content=b"x" * 3_000_000).status_code == 200
    download = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    assert httpx2.get(download, timeout=LONG).content == b"x" * 3_000_000
    assert httpx2.get(download, headers={"range": "bytes=0-1"}, timeout=LONG).content == b"xx"


TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/aws/sns"}},
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "sns:Publish",
                            "Resource": {"Ref": "Topic"},
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                },
            },
        },
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": ROLE,
                "Definition": {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}},
            },
        },
        "Schedule": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "ScheduleExpression": "rate(1 minute)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": {"Ref": "Machine"}, "RoleArn": ROLE, "Input": "{}"},
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": "rate(1 day)",
                "Targets": [{"Id": "t", "Arn": {"Ref": "Machine"}, "RoleArn": ROLE}],
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Namespace": "AWS/States",
                "MetricName": "ExecutionsFailed",
                "Dimensions": [{"Name": "StateMachineArn", "Value": {"Ref": "Machine"}}],
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "Topic"}],
            },
        },
    }
}


def test_resources_of_the_job_stacks_deploy(cloud: Cloud) -> None:
    formation = cloud.client("cloudformation")
    name = f"jobs-{uuid.uuid4().hex[:8]}"
    formation.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    status = ""

    def done() -> bool:
        nonlocal status
        status = formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return not status.endswith("IN_PROGRESS")

    eventually(done)
    assert status == "CREATE_COMPLETE", formation.describe_stack_events(StackName=name)
    formation.delete_stack(StackName=name)


def test_lifecycle_is_kept(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "old"
