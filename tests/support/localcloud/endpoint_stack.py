"""An endpoint as CloudFormation makes it in the local cloud."""

from __future__ import annotations

import json
from typing import Any

from tests.support.eventually import poll
from tests.support.localcloud.cloud import ROLE
from tests.support.localcloud.deployment import Deployment, unique


class Stack:
    """A model, its configuration, an endpoint and its scaling, as a template."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.client = deployment.cloud.client("cloudformation")
        self.name = unique("stack")
        self.tags: list[dict[str, str]] = []
        self.deployment_config: dict[str, Any] | None = None
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
        endpoint: dict[str, Any] = {
            "EndpointName": self.deployment.endpoint,
            "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
            "RetainAllVariantProperties": "true",
            "Tags": self.tags,
        }
        if self.deployment_config:
            endpoint["DeploymentConfig"] = self.deployment_config
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
        return poll(
            lambda: str(self._described()["StackStatus"]),
            lambda status: not status.endswith("_IN_PROGRESS"),
        )

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
