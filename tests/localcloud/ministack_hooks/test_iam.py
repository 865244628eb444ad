"""Policies count: of callers, of roles in services' hands, and of resources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import eventually
from tests.support.localcloud.account import Account
from tests.support.localcloud.cloud import (
    ROLE,
    Cloud,
    add_role,
    assumed,
    let_invoke,
    package,
)
from tests.support.localcloud.deployment import Deployment, unique

ACCOUNT = "000000000042"


def role(cloud: Cloud, *statements: Mapping[str, Any]) -> str:
    """A new role that may do what the statements say."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{unique('role')}"
    add_role(cloud, arn, *statements or [allow("s3:ListAllMyBuckets", "*")])
    return arn


def allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def client(cloud: Cloud, service: str, *statements: Mapping[str, Any]) -> Any:
    """A client in a role that may do what the statements say, as a function's is."""
    session = assumed(cloud, role(cloud, *statements))
    return session.client(service, endpoint_url=cloud.settings.origin)


def denial(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and the text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "asked"),
    [
        (
            "s3",
            "get_object",
            {"Bucket": "bucket", "Key": "k"},
            "AccessDenied",
            's3:GetObject on resource: "arn:aws:s3:::bucket/k"',
        ),
        (
            "dynamodb",
            "update_item",
            {"TableName": "t", "Key": {"k": {"S": "v"}}},
            "AccessDeniedException",
            f"dynamodb:UpdateItem on resource: arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t",
        ),
        (
            "sagemaker",
            "describe_endpoint",
            {"EndpointName": "e"},
            "AccessDeniedException",
            f"sagemaker:DescribeEndpoint on resource: arn:aws:sagemaker:us-east-1:{ACCOUNT}:"
            "endpoint/e",
        ),
        (
            "sagemaker-runtime",
            "invoke_endpoint",
            {"EndpointName": "e", "Body": b"{}"},
            "AccessDeniedException",
            f"sagemaker:InvokeEndpoint on resource: arn:aws:sagemaker:us-east-1:{ACCOUNT}:"
            "endpoint/e",
        ),
        (
            "application-autoscaling",
            "describe_scalable_targets",
            {"ServiceNamespace": "sagemaker"},
            "AccessDeniedException",
            "application-autoscaling:DescribeScalableTargets on resource: *",
        ),
    ],
)
def test_what_no_policy_allows_is_denied_in_awss_words(
    cloud: Cloud, service: str, operation: str, parameters: Any, code: str, asked: str
) -> None:
    cloud.client("s3").create_bucket(Bucket="bucket")
    caller = client(cloud, service)

    refused = denial(getattr(caller, operation), **parameters)

    action = asked.partition(" ")[0]
    assert refused[0] == code
    assert refused[1].startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/role-")
    assert refused[1].endswith(
        f"/me is not authorized to perform: {asked} "
        f"because no identity-based policy allows the {action} action"
    )


def test_a_condition_on_the_namespace_of_metrics_counts(cloud: Cloud) -> None:
    condition = {"StringEquals": {"cloudwatch:namespace": "ours"}}
    metrics = client(
        cloud, "cloudwatch", {**allow("cloudwatch:PutMetricData", "*"), "Condition": condition}
    )
    data = [{"MetricName": "m", "Value": 1.0}]

    metrics.put_metric_data(Namespace="ours", MetricData=data)
    assert denial(metrics.put_metric_data, Namespace="theirs", MetricData=data)


def test_who_registers_a_target_may_do_what_scaling_will_do_to_it(cloud: Cloud) -> None:
    register = allow("application-autoscaling:RegisterScalableTarget", "*")
    look = allow("sagemaker:DescribeEndpoint", "*")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/e/variant/v",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 1,
        "MaxCapacity": 2,
    }

    scaling = client(cloud, "application-autoscaling", register, look)

    _, text = denial(scaling.register_scalable_target, **target)
    assert (
        "is not authorized to perform: sagemaker:UpdateEndpointWeightsAndCapacities on resource: "
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/e"
    ) in text


def test_a_role_is_passed_on_with_permission_only(cloud: Cloud) -> None:
    create = allow("sagemaker:CreateModel", "*")
    container = {"Image": "llama-cpp", "ModelDataUrl": "s3://b/m.tar.gz"}
    model = {"ModelName": unique("m"), "ExecutionRoleArn": ROLE, "PrimaryContainer": container}

    _, text = denial(client(cloud, "sagemaker", create).create_model, **model)
    assert f"is not authorized to perform: iam:PassRole on resource: {ROLE}" in text
    passing = {
        **allow("iam:PassRole", ROLE),
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }
    client(cloud, "sagemaker", create, passing).create_model(**model)


def test_a_role_that_sagemaker_may_not_assume_is_refused(cloud: Cloud) -> None:
    iam, name = cloud.client("iam"), unique("role")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    container = {"Image": "llama-cpp", "ModelDataUrl": "s3://b/m.tar.gz"}

    _, text = denial(
        cloud.client("sagemaker").create_model,
        ModelName=unique("m"),
        ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}",
        PrimaryContainer=container,
    )

    assert text.startswith(f"Could not assume role arn:aws:iam::{ACCOUNT}:role/{name}.")


def test_weights_that_a_models_role_may_not_read_fail_the_endpoint(fresh: Deployment) -> None:
    fresh.role = role(fresh.cloud)
    fresh.create()

    found = fresh.settled()

    assert found["EndpointStatus"] == "Failed"
    assert "not authorized to perform: s3:ListBucket" in found["FailureReason"]


def test_a_topic_reaches_a_function_with_the_functions_permission_only(cloud: Cloud) -> None:
    functions, sns, logs = (cloud.client(one) for one in ("lambda", "sns", "logs"))
    name = unique("function")
    code = "def handler(event, _): print('got', event['Records'][0]['Sns']['Message'])"
    function = functions.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="python3.13",
        Handler="main.handler",
        Code={"ZipFile": package({"main.py": code})},
        Timeout=30,
    )["FunctionArn"]
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)

    def said() -> list[str]:
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        events = [
            event
            for group in groups
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        ]
        return [one["message"].strip() for one in events if one["message"].startswith("got")]

    sns.publish(TopicArn=topic, Message="one")
    let_invoke(cloud, name, "sns.amazonaws.com", SourceArn=topic)
    sns.publish(TopicArn=topic, Message="two")

    eventually(lambda: "got two" in said())
    assert said() == ["got two"]


@pytest.mark.parametrize(
    ("condition", "code"),
    [({}, "NoSuchKey"), ({"Condition": {"StringLike": {"s3:prefix": "a/*"}}}, "AccessDenied")],
    ids=["any prefix", "one prefix"],
)
def test_a_missing_object_of_another_account_is_absent_to_who_may_list_without_a_prefix(
    cloud: Cloud, condition: dict[str, Any], code: str
) -> None:
    bucket, owner = unique("bucket"), Account(cloud, "000000000077", Path()).client("s3")
    owner.create_bucket(Bucket=bucket)
    read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/a/*")
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    reader = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    shared = [{**read, **reader}, {**listing, **reader, **condition}]
    policy = {"Version": "2012-10-17", "Statement": shared}
    owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    s3 = client(cloud, "s3", read, listing)
    assert denial(s3.get_object, Bucket=bucket, Key="a/b")[0] == code


def test_a_missing_object_is_forbidden_to_who_may_not_list_the_bucket(cloud: Cloud) -> None:
    bucket = unique("bucket")
    cloud.client("s3").create_bucket(Bucket=bucket)
    read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    below = {**listing, "Condition": {"StringLike": {"s3:prefix": "a/*"}}}
    missing = {"Bucket": bucket, "Key": "a/b"}

    assert denial(client(cloud, "s3", read, listing).get_object, **missing)[0] == "NoSuchKey"
    for rights in ([read], [read, below]):
        code, text = denial(client(cloud, "s3", *rights).get_object, **missing)
        assert code == "AccessDenied"
        assert "is not authorized to perform: s3:ListBucket" in text
    assert denial(client(cloud, "s3", read).head_object, **missing)[0] == "403"
