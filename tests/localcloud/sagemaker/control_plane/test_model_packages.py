"""The model registry through boto3: groups, versions, their events, and models made of them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import poll
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import IMAGE, ROLE, Deployment, unique


class Group:
    """A group of a test's own."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.client = cloud, cloud.client("sagemaker")
        self.name = unique("Group")
        self.arn = self.client.create_model_package_group(ModelPackageGroupName=self.name)[
            "ModelPackageGroupArn"
        ]

    def register(self, uri: str = "s3://bucket/models/1/", **more: Any) -> str:
        source = {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
        container = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
        made = self.client.create_model_package(
            ModelPackageGroupName=self.name,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
            },
            **more,
        )
        return str(made["ModelPackageArn"])

    def describe(self, arn: str) -> dict[str, Any]:
        return dict(self.client.describe_model_package(ModelPackageName=arn))

    def versions(self, **filters: Any) -> list[int]:
        found = self.client.list_model_packages(ModelPackageGroupName=self.name, **filters)
        return [each["ModelPackageVersion"] for each in found["ModelPackageSummaryList"]]


@pytest.fixture
def group(cloud: Cloud) -> Group:
    return Group(cloud)


def test_versions_count_from_one_and_a_token_makes_one_only(group: Group):
    first = group.register(ClientToken="a")
    assert group.register(ClientToken="a") == first
    assert group.register(ClientToken="b").endswith(f"model-package/{group.name.lower()}/2")
    found = group.describe(first)
    assert (found["ModelPackageVersion"], found["ModelApprovalStatus"]) == (
        1,
        "PendingManualApproval",
    )
    group.client.delete_model_package(ModelPackageName=group.register())
    assert group.register().endswith("/4")


def test_a_version_has_no_name_of_its_own(group: Group):
    arn = group.register()
    (listed,) = group.client.list_model_packages(
        ModelPackageGroupName=group.name, NameContains=group.name[1:], SortBy="Name"
    )["ModelPackageSummaryList"]
    assert "ModelPackageName" not in listed
    assert "ModelPackageName" not in group.describe(arn)


def test_versions_are_listed_by_status_and_date(group: Group):
    arns = [group.register() for _ in range(3)]
    group.client.update_model_package(ModelPackageArn=arns[1], ModelApprovalStatus="Approved")
    assert group.versions(SortBy="CreationTime", SortOrder="Ascending") == [1, 2, 3]
    assert group.versions(ModelApprovalStatus="Approved") == [2]
    described = group.client.batch_describe_model_package(
        ModelPackageArnList=[arns[0], f"{arns[0]}9"]
    )
    assert list(described["ModelPackageSummaries"]) == [arns[0]]
    assert list(described["BatchDescribeModelPackageErrorMap"]) == [f"{arns[0]}9"]


def test_metadata_is_merged_and_removed_by_key(group: Group):
    arn = group.register(CustomerMetadataProperties={"digest": "d", "stage": "no"})
    group.client.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"local": "Deployed"},
        CustomerMetadataPropertiesToRemove=["stage"],
    )
    assert group.describe(arn)["CustomerMetadataProperties"] == {"digest": "d", "local": "Deployed"}


def test_notes_that_come_with_a_decision_leave_it(group: Group):
    arn = group.register()
    change = group.client.update_model_package

    def note(number: int) -> None:
        properties = {f"stage-{number}": "Deployed"}
        change(ModelPackageArn=arn, CustomerMetadataProperties=properties)

    with ThreadPoolExecutor() as pool:
        for status in ("Approved", "Rejected"):
            notes = [pool.submit(note, number) for number in range(8)]
            change(ModelPackageArn=arn, ModelApprovalStatus=status)
            assert [done.result() for done in notes] == [None] * 8
            assert group.describe(arn)["ModelApprovalStatus"] == status
    assert len(group.describe(arn)["CustomerMetadataProperties"]) == 8


def test_a_group_with_versions_stays(group: Group):
    arn = group.register()
    with pytest.raises(ClientError, match="ConflictException"):
        group.client.delete_model_package_group(ModelPackageGroupName=group.name)
    group.client.delete_model_package(ModelPackageName=arn)
    group.client.delete_model_package_group(ModelPackageGroupName=group.arn)
    with pytest.raises(ClientError, match="Could not find model package group"):
        group.client.describe_model_package_group(ModelPackageGroupName=group.name)


def test_a_group_has_one_policy(group: Group):
    name = {"ModelPackageGroupName": group.name}
    with pytest.raises(ClientError, match="Cannot find resource policy"):
        group.client.get_model_package_group_policy(**name)
    group.client.put_model_package_group_policy(**name, ResourcePolicy='{"Version": "2012-10-17"}')
    assert group.client.get_model_package_group_policy(**name)["ResourcePolicy"].startswith("{")
    group.client.delete_model_package_group_policy(**name)


def test_packages_outside_groups_are_refused(group: Group):
    with pytest.raises(ClientError, match="not emulated: ModelPackageName"):
        group.client.create_model_package(ModelPackageName="alone")


def test_a_model_of_a_version_needs_approval(group: Group, fresh: Deployment):
    arn = group.register(uri=fresh.upload())
    container = {
        "ModelPackageName": arn,
        "Environment": fresh.container("s3://b/p/")["Environment"],
    }
    with pytest.raises(ClientError, match="PendingManualApproval"):
        fresh.create_model(container)
    group.client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert fresh.create(container)["EndpointStatus"] == "InService"
    assert fresh.invoke()["choices"]


def _on_approval(cloud: Cloud, group: Group) -> str:
    """A state machine that an approval starts, and nothing else."""
    machine = cloud.client("stepfunctions").create_state_machine(
        name=unique("machine"),
        definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        roleArn=ROLE,
    )["stateMachineArn"]
    events, rule = cloud.client("events"), unique("rule")
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": [group.name],
            "ModelApprovalStatus": ["Approved", "Rejected"],
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
        },
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": machine, "RoleArn": ROLE}])
    return str(machine)


def _inputs(cloud: Cloud, machine: str, count: int) -> list[dict[str, Any]]:
    client = cloud.client("stepfunctions")
    found = poll(
        lambda: client.list_executions(stateMachineArn=machine)["executions"],
        lambda executions: len(executions) >= count,
    )
    arns = [each["executionArn"] for each in found]
    return [json.loads(client.describe_execution(executionArn=arn)["input"]) for arn in arns]


def test_only_a_change_of_approval_matches_the_rule(cloud: Cloud, group: Group):
    machine = _on_approval(cloud, group)
    arn = group.register()
    change = group.client.update_model_package
    change(ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="measured")
    change(ModelPackageArn=arn, CustomerMetadataProperties={"local": "Deployed"})
    change(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    inputs = _inputs(cloud, machine, 2)
    assert sorted(each["detail"]["ModelApprovalStatus"] for each in inputs) == [
        "Approved",
        "Rejected",
    ]
    assert {each["detail"]["ModelPackageVersion"] for each in inputs} == {1}
    assert {each["detail"]["ModelPackageName"] for each in inputs} == {f"{group.name}/1"}


def test_events_may_come_twice_under_one_id(settings: Any):
    cloud = local.start(settings.model_copy(update={"duplicate_events": True}))
    try:
        group = Group(cloud)
        machine = _on_approval(cloud, group)
        arn = group.register()
        group.client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
        first, second = _inputs(cloud, machine, 2)
        assert first["id"] == second["id"]
    finally:
        local.stop(cloud)


def test_both_types_are_there_for_templates(cloud: Cloud):
    name = unique("Group")
    source = {"S3Uri": "s3://b/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
    version = {
        "ModelPackageGroupName": {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Group"}]}]},
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        "ModelApprovalStatus": "Approved",
    }
    policy = {"Version": "2012-10-17", "Statement": []}
    group = {"ModelPackageGroupName": name, "ModelPackageGroupPolicy": policy}
    template: dict[str, Any] = {
        "Resources": {
            "Group": {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": group},
            "Version": {"Type": "AWS::SageMaker::ModelPackage", "Properties": version},
        }
    }
    stacks, stack = cloud.client("cloudformation"), unique("stack")
    stacks.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    assert _settled(stacks, stack) == "CREATE_COMPLETE"
    version["ModelApprovalStatus"] = "Rejected"
    stacks.update_stack(StackName=stack, TemplateBody=json.dumps(template))
    assert _settled(stacks, stack) == "UPDATE_COMPLETE"
    (found,) = cloud.client("sagemaker").list_model_packages(ModelPackageGroupName=name)[
        "ModelPackageSummaryList"
    ]
    assert found["ModelApprovalStatus"] == "Rejected"
    stacks.delete_stack(StackName=stack)
    sagemaker = cloud.client("sagemaker")
    poll(
        lambda: sagemaker.list_model_package_groups(NameContains=name),
        lambda found: found["ModelPackageGroupSummaryList"] == [],
    )


def _settled(stacks: Any, name: str) -> str:
    return poll(
        lambda: str(stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]),
        lambda status: not status.endswith("PROGRESS"),
    )
