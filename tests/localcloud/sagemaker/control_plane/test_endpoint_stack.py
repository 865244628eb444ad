from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.localcloud.alarms import ring, silent_alarm
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import Deployment
from tests.support.localcloud.endpoint_stack import Stack


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


def test_alarm_rolls_the_stack_back(stack: Stack) -> None:
    deployment = stack.deployment
    alarm = silent_alarm(deployment.cloud)
    ring(deployment.cloud, alarm)
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": "3600"}  # never waited for
    stack.deployment_config = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
    }
    assert stack.create(deployment.container(ALIAS="first")) == "CREATE_COMPLETE"
    before = stack.outputs()
    assert stack.update(deployment.container(ALIAS="second")) == "UPDATE_ROLLBACK_COMPLETE"
    assert any(f"alarms in state ALARM: {alarm}" in reason for reason in stack.reasons())
    assert stack.outputs() == before
    assert deployment.invoke(tokens=1)["model"] == "first"


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
