"""Stack operations answer when the stack is done: the CDK CLI looks again only after 5 s."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import unique


def template(**properties: str) -> str:
    topic = {"Type": "AWS::SNS::Topic", "Properties": properties}
    return json.dumps({"Resources": {"Topic": topic}})


def test_an_executed_change_set_and_a_deletion_are_done_when_answered(cloud: Cloud) -> None:
    cloudformation, name = cloud.client("cloudformation"), unique("stack")

    for kind in ("CREATE", "UPDATE"):
        cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=kind,
            ChangeSetType=kind,
            TemplateBody=template(DisplayName=kind),
        )
        cloudformation.execute_change_set(StackName=name, ChangeSetName=kind)
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] == f"{kind}_COMPLETE"

    cloudformation.delete_stack(StackName=name)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)
