from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.localcloud.cloud import Cloud
from tests.localcloud.sagemaker.deployment import ROLE, Deployment, unique


class Stack:
    """A model, its configuration, an endpoint and its scaling, as a template."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.client = deployment.cloud.client("cloudformation")
        self.name = unique("stack")
        self.tags: list[dict[str, str]] = []
        self.data = deployment.upload()

    def template(self, container: dict[str, Any]) -> str:
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
            "InstanceType": "ml.c5.large",
            "InitialInstanceCount": "1",  # templates have numbers as strings
            "InitialVariantWeight": "1.0",
        }
        target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/AllTraffic"},
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "MinCapacity": "1",
            "MaxCapacity": "3",
        }
        tracking = {
            "TargetValue": "5",
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
        }
        policy = {
            "PolicyName": "tracking",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Target"},
            "TargetTrackingScalingPolicyConfiguration": tracking,
        }
        endpoint = {
            "EndpointName": self.deployment.endpoint,
            "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
            "RetainAllVariantProperties": "true",
            "Tags": self.tags,
        }
        types = {
            "Model": (
                "SageMaker::Model",
                {"ExecutionRoleArn": ROLE, "PrimaryContainer": container},
            ),
            "Config": ("SageMaker::EndpointConfig", {"ProductionVariants": [variant]}),
            "Endpoint": ("SageMaker::Endpoint", endpoint),
            "Target": ("ApplicationAutoScaling::ScalableTarget", target),
            "Policy": ("ApplicationAutoScaling::ScalingPolicy", policy),
        }
        return json.dumps(
            {
                "Resources": {
                    name: {"Type": f"AWS::{kind}", "Properties": properties}
                    for name, (kind, properties) in types.items()
                },
                "Outputs": {name: {"Value": {"Ref": name}} for name in types},
            }
        )

    def create(self, container: dict[str, Any]) -> str:
        self.client.create_stack(StackName=self.name, TemplateBody=self.template(container))
        return self.settled()

    def update(self, container: dict[str, Any]) -> str:
        self.client.update_stack(StackName=self.name, TemplateBody=self.template(container))
        return self.settled()

    def delete(self) -> str:
        self.client.delete_stack(StackName=self._described()["StackId"])
        return self.settled()

    def settled(self) -> str:
        while (status := self._described()["StackStatus"]).endswith("_IN_PROGRESS"):
            time.sleep(0.05)
        return str(status)

    def outputs(self) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self._described()["Outputs"]}

    def reasons(self) -> list[str]:
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return [event.get("ResourceStatusReason", "") for event in events]

    def _described(self) -> dict[str, Any]:
        names = self.client.list_stacks()["StackSummaries"]
        return dict(
            self.client.describe_stacks(
                StackName=next(one["StackId"] for one in names if one["StackName"] == self.name)
            )["Stacks"][0]
        )


@pytest.fixture
def stack(cloud: Cloud, model_file: Path) -> Iterator[Stack]:
    stack = Stack(Deployment(cloud, model_file))
    yield stack
    stack.delete()


def test_stack_serves_and_its_references_are_cloudformations(stack: Stack) -> None:
    deployment = stack.deployment
    assert stack.create(deployment.container()) == "CREATE_COMPLETE"
    assert deployment.invoke(tokens=2)["usage"]["completion_tokens"] == 2
    references = stack.outputs()
    account = deployment.cloud.settings.account
    sagemaker = f"arn:aws:sagemaker:us-east-1:{account}"
    assert references["Model"].startswith(f"{sagemaker}:model/{stack.name}-model-")
    assert references["Config"].startswith(f"{sagemaker}:endpoint-config/{stack.name}-config-")
    assert references["Endpoint"] == f"{sagemaker}:endpoint/{deployment.endpoint}"
    resource = f"endpoint/{deployment.endpoint}/variant/AllTraffic"
    assert references["Target"] == f"{resource}|sagemaker:variant:DesiredInstanceCount|sagemaker"
    assert references["Policy"].startswith("arn:aws:autoscaling:us-east-1:")


def test_new_model_is_deployed_in_place(stack: Stack) -> None:
    deployment = stack.deployment
    stack.create(deployment.container(ALIAS="first"))
    before = stack.outputs()
    assert stack.update(deployment.container(ALIAS="second")) == "UPDATE_COMPLETE"
    after = stack.outputs()
    assert deployment.invoke(tokens=1)["model"] == "second"
    assert before["Endpoint"] == after["Endpoint"]
    assert before["Model"] != after["Model"]
    models = deployment.sagemaker.list_models(NameContains=stack.name)["Models"]
    assert [model["ModelArn"] for model in models] == [after["Model"]]


def test_update_that_fails_rolls_the_stack_back_and_keeps_serving(stack: Stack) -> None:
    deployment = stack.deployment
    stack.create(deployment.container(stack.data, ALIAS="first"))
    before = stack.outputs()
    broken = deployment.container(deployment.upload(b"no model"), ALIAS="second")
    assert stack.update(broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert any("did not pass the ping health check" in reason for reason in stack.reasons())
    assert stack.outputs() == before
    assert deployment.invoke(tokens=1)["model"] == "first"
    # The failure stays described, and is none of the next update that deploys nothing.
    stack.tags = [{"Key": "team", "Value": "twins"}]
    assert stack.update(deployment.container(stack.data, ALIAS="first")) == "UPDATE_COMPLETE"
    assert deployment.sagemaker.list_tags(ResourceArn=before["Endpoint"])["Tags"] == stack.tags
    configs = deployment.sagemaker.list_endpoint_configs(NameContains=stack.name)
    assert [one["EndpointConfigArn"] for one in configs["EndpointConfigs"]] == [before["Config"]]


def test_creation_that_fails_leaves_nothing(stack: Stack) -> None:
    deployment = stack.deployment
    broken = deployment.container(deployment.upload(b"no model"))
    assert stack.create(broken) == "ROLLBACK_COMPLETE"
    assert any("did not pass the ping health check" in reason for reason in stack.reasons())
    assert not deployment.exists()
    assert deployment.sagemaker.list_models(NameContains=stack.name)["Models"] == []


def test_deletion_leaves_nothing(stack: Stack) -> None:
    deployment = stack.deployment
    stack.create(deployment.container())
    assert stack.delete() == "DELETE_COMPLETE"
    assert not deployment.exists()
    scaling = deployment.cloud.client("application-autoscaling")
    found = scaling.describe_scaling_policies(
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{deployment.endpoint}/variant/AllTraffic",
    )
    assert found["ScalingPolicies"] == []
