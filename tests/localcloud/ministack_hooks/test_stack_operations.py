"""Stack operations answer when the stack is done: the CDK CLI looks again only after 5 s."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import eventually
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


def exporting(name: str, value: str | None) -> str:
    """A template that exports a value, or has nothing to export."""
    output = {"Value": value, "Export": {"Name": name}}
    return json.dumps(
        {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {"Shared": output} if value else {},
        }
    )


@pytest.mark.parametrize(("value", "change"), [(None, "deleted"), ("other", "updated")])
def test_an_export_in_use_stays_as_it_is(cloud: Cloud, value: str | None, change: str) -> None:
    cloudformation = cloud.client("cloudformation")
    exporter, importer, name = unique("exporter"), unique("importer"), unique("export")
    cloudformation.create_stack(StackName=exporter, TemplateBody=exporting(name, "one"))
    eventually(lambda: status(cloud, exporter) == "CREATE_COMPLETE")
    imported = json.loads(template()) | {"Outputs": {"Seen": {"Value": {"Fn::ImportValue": name}}}}
    cloudformation.create_stack(StackName=importer, TemplateBody=json.dumps(imported))
    eventually(lambda: status(cloud, importer) == "CREATE_COMPLETE")

    cloudformation.update_stack(StackName=exporter, TemplateBody=exporting(name, value))

    eventually(lambda: status(cloud, exporter) == "UPDATE_ROLLBACK_COMPLETE")
    events = cloudformation.describe_stack_events(StackName=exporter)["StackEvents"]
    refusal = f"Export {name} cannot be {change} as it is in use by {importer}"
    assert refusal in [event.get("ResourceStatusReason") for event in events]

    cloudformation.delete_stack(StackName=importer)
    cloudformation.update_stack(StackName=exporter, TemplateBody=exporting(name, value))
    eventually(lambda: status(cloud, exporter) == "UPDATE_COMPLETE")
    exports = {one["Name"]: one["Value"] for one in cloudformation.list_exports()["Exports"]}
    assert exports.get(name) == value
    cloudformation.delete_stack(StackName=exporter)


def status(cloud: Cloud, stack: str) -> str:
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return str(found["StackStatus"])
