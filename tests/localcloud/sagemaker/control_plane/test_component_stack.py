from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.localcloud.cloud import ROLE, Cloud
from tests.support.localcloud.component_deployment import ComponentDeployment
from tests.support.localcloud.endpoint_stack import Stack


class ComponentStack(Stack):
    """An endpoint without a model, an inference component on it and its scaling, as a template."""

    def template(self, container: dict[str, Any]) -> str:
        variant = {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.c5.xlarge",
            "InitialInstanceCount": "1",
            "ManagedInstanceScaling": {
                "Status": "ENABLED",
                "MinInstanceCount": "0",
                "MaxInstanceCount": "2",
                "ScaleInPolicy": {"Strategy": "CONSOLIDATION", "CooldownInMinutes": "5"},
            },
        }
        needs = {"MinMemoryRequiredInMb": "1024", "NumberOfCpuCoresRequired": "4"}
        specification = {
            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
            "ComputeResourceRequirements": needs,
            "StartupParameters": {"ContainerStartupHealthCheckTimeoutInSeconds": "60"},
        }
        component = {
            "InferenceComponentName": self.deployment.endpoint,
            "EndpointName": {"Fn::GetAtt": ["Endpoint", "EndpointName"]},
            "VariantName": "AllTraffic",
            "Specification": specification,
            "RuntimeConfig": {"CopyCount": "1"},
            "Tags": self.tags,
        }
        target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"inference-component/{self.deployment.endpoint}",
            "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
            "MinCapacity": "0",
            "MaxCapacity": "2",
        }
        types = {
            "Model": (
                "SageMaker::Model",
                {"ExecutionRoleArn": ROLE, "PrimaryContainer": container},
            ),
            "Config": (
                "SageMaker::EndpointConfig",
                {"ExecutionRoleArn": ROLE, "ProductionVariants": [variant]},
            ),
            "Endpoint": (
                "SageMaker::Endpoint",
                {
                    "EndpointName": self.deployment.endpoint,
                    "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                },
            ),
            "Component": ("SageMaker::InferenceComponent", component),
            "Target": ("ApplicationAutoScaling::ScalableTarget", target),
        }
        resources: dict[str, Any] = {
            name: {"Type": f"AWS::{kind}", "Properties": properties}
            for name, (kind, properties) in types.items()
        }
        resources["Target"]["DependsOn"] = "Component"
        outputs = {name: {"Value": {"Ref": name}} for name in types}
        return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture
def stack(cloud: Cloud, model_file: Path) -> Iterator[ComponentStack]:
    stack = ComponentStack(ComponentDeployment(cloud, model_file))
    yield stack
    stack.delete()


def test_component_is_waited_for_updated_in_place_and_deleted_first(
    stack: ComponentStack,
) -> None:
    deployment = stack.deployment
    assert isinstance(deployment, ComponentDeployment)
    assert stack.create(deployment.container(ALIAS="first")) == "CREATE_COMPLETE"
    before = stack.outputs()
    account = deployment.cloud.settings.account
    arn = f"arn:aws:sagemaker:us-east-1:{account}:inference-component/{deployment.endpoint}"
    assert before["Component"] == arn
    assert deployment.invoke(tokens=1)["model"] == "first"
    deployment.scale(0)
    stack.tags = [{"Key": "team", "Value": "twins"}]
    assert stack.update(deployment.container(ALIAS="second")) == "UPDATE_COMPLETE"
    assert stack.outputs()["Component"] == arn
    assert deployment.sagemaker.list_tags(ResourceArn=arn)["Tags"] == stack.tags
    # Its count is sent with the new model, so that a copy proves it.
    assert deployment.component()["RuntimeConfig"]["CurrentCopyCount"] == 1
    assert deployment.invoke(tokens=1)["model"] == "second"
    assert stack.delete() == "DELETE_COMPLETE"
    assert not deployment.exists()
    assert deployment.components() == []


def test_copies_that_never_get_healthy_roll_the_stack_back(stack: ComponentStack) -> None:
    deployment = stack.deployment
    assert isinstance(deployment, ComponentDeployment)
    broken = deployment.container(deployment.upload(b"no model"))
    assert stack.create(broken) == "ROLLBACK_COMPLETE"
    assert any("did not pass the ping health check" in reason for reason in stack.reasons())
    assert deployment.components() == []
    assert not deployment.exists()
