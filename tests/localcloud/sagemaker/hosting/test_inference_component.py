from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.component_deployment import ComponentDeployment
from tests.support.localcloud.deployment import (
    VARIANT,
    Deployment,
    engines,
    kill_engine,
    under_load,
    unique,
    until_answered,
)

ROLLING = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 0,
    }
}


@pytest.fixture
def hosted(cloud: Cloud, model_file: Path) -> Iterator[ComponentDeployment]:
    """An endpoint of the test's own, yet to be created."""
    deployment = ComponentDeployment(cloud, model_file)
    yield deployment
    if deployment.exists():
        deployment.settled()
        deployment.delete()


def test_copies_come_and_go_with_their_count(hosted: ComponentDeployment) -> None:
    alias = unique("copies")
    found = hosted.create(hosted.container(ALIAS=alias))
    assert found["InferenceComponentStatus"] == "InService"
    assert found["RuntimeConfig"]["CurrentCopyCount"] == 1
    with under_load(hosted) as answered:
        grown = hosted.scale(3)["RuntimeConfig"]
        assert (len(engines(hosted.cloud, alias)), hosted.instances()) == (3, 3)
        shrunk = hosted.scale(1)["RuntimeConfig"]
    assert set(answered) == {alias}
    assert (grown["DesiredCopyCount"], grown["CurrentCopyCount"]) == (3, 3)
    assert grown["PlacementStatus"] == [{"InstanceType": "ml.c5.xlarge", "CurrentCopyCount": 3}]
    assert (shrunk["DesiredCopyCount"], shrunk["CurrentCopyCount"]) == (1, 1)
    assert len(engines(hosted.cloud, alias)) == 1
    assert hosted.instances() == 3  # instances without copies are kept for a while


def test_no_copies_is_an_error_at_once(hosted: ComponentDeployment) -> None:
    hosted.create()
    assert hosted.scale(0)["RuntimeConfig"]["CurrentCopyCount"] == 0
    for call in (hosted.invoke, lambda: list(hosted.stream())):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "ValidationError"
        assert "Inference Component has no capacity to process this request" in str(caught.value)
    assert hosted.scale(1)["RuntimeConfig"]["CurrentCopyCount"] == 1
    assert hosted.invoke(tokens=1)["usage"]["completion_tokens"] == 1


def test_copies_share_an_instance_until_it_is_full(hosted: ComponentDeployment) -> None:
    hosted.create_endpoint()
    small, large = unique("small"), unique("large")
    half = hosted.specification(hosted.create_model(), NumberOfCpuCoresRequired=2)
    for name, specification in (
        (small, half),
        (large, hosted.specification(hosted.create_model())),
    ):
        hosted.sagemaker.create_inference_component(
            InferenceComponentName=name,
            EndpointName=hosted.endpoint,
            Specification=specification,
            RuntimeConfig={"CopyCount": 2 if name == small else 1},
        )
        assert hosted.component(name)["InferenceComponentStatus"] == "InService"
        assert hosted.instances() == (1 if name == small else 2)
    assert hosted.invoke(tokens=1, InferenceComponentName=large)["usage"]["completion_tokens"] == 1


def test_copies_that_do_not_fit_are_refused_and_nothing_changes(
    hosted: ComponentDeployment,
) -> None:
    hosted.create()
    found = hosted.scale(4)
    assert found["InferenceComponentStatus"] == "InService"
    assert "There is not enough hardware resources on the instances" in found["FailureReason"]
    assert found["RuntimeConfig"]["DesiredCopyCount"] == 1
    assert hosted.instances() == 1
    assert hosted.invoke(tokens=1)["usage"]["completion_tokens"] == 1


def test_component_that_fits_no_instance_fails(hosted: ComponentDeployment) -> None:
    hosted.create_endpoint()
    needs = hosted.specification(hosted.create_model(), NumberOfAcceleratorDevicesRequired=1)
    hosted.sagemaker.create_inference_component(
        InferenceComponentName=hosted.endpoint, EndpointName=hosted.endpoint, Specification=needs
    )
    found = hosted.component()
    assert found["InferenceComponentStatus"] == "Failed"
    assert "There is not enough hardware resources" in found["FailureReason"]
    with pytest.raises(ClientError, match=r"Inference Component .* not found"):
        hosted.invoke()


def test_update_replaces_copies_without_a_failed_request(hosted: ComponentDeployment) -> None:
    old, new = unique("old"), unique("new")
    hosted.create(hosted.container(ALIAS=old))
    hosted.scale(2)
    with under_load(hosted) as answered:
        found = hosted.update(hosted.container(ALIAS=new), DeploymentConfig=ROLLING)
    assert "FailureReason" not in found
    assert found["LastDeploymentConfig"] == ROLLING
    assert {old, new} >= set(answered)
    assert hosted.invoke()["model"] == new
    assert (len(engines(hosted.cloud, old)), len(engines(hosted.cloud, new))) == (0, 2)
    assert hosted.instances() == 3


def test_copy_that_never_gets_healthy_rolls_back(hosted: ComponentDeployment) -> None:
    old, new = unique("old"), unique("new")
    before = hosted.create(hosted.container(ALIAS=old))["Specification"]
    broken = hosted.container(hosted.upload(b"no model"), ALIAS=new)
    with under_load(hosted) as answered:
        found = hosted.update(broken)
    assert found["InferenceComponentStatus"] == "InService"
    assert "did not pass the ping health check" in found["FailureReason"]
    assert found["Specification"] == before
    assert set(answered) == {old}
    assert engines(hosted.cloud, new) == []


def test_killed_copy_is_replaced(hosted: ComponentDeployment) -> None:
    hosted.create(hosted.container(ALIAS=hosted.endpoint))
    engine = kill_engine(hosted.cloud, hosted.endpoint)
    assert until_answered(hosted)["usage"]["completion_tokens"] == 1
    assert [one.pid for one in engines(hosted.cloud, hosted.endpoint)] != [engine.pid]


def test_endpoint_update_moves_the_copies_along(hosted: ComponentDeployment) -> None:
    alias = unique("moved")
    hosted.create(hosted.container(ALIAS=alias))
    config = hosted.create_config("", InstanceType="ml.m5.xlarge")
    with under_load(hosted):
        hosted.sagemaker.update_endpoint(EndpointName=hosted.endpoint, EndpointConfigName=config)
        with pytest.raises(ClientError, match=r"Cannot delete .* while endpoint .* is Updating"):
            hosted.remove()
        assert hosted.settled()["EndpointConfigName"] == config
    (place,) = hosted.component()["RuntimeConfig"]["PlacementStatus"]
    assert place == {"InstanceType": "ml.m5.xlarge", "CurrentCopyCount": 1}
    assert len(engines(hosted.cloud, alias)) == 1


def test_what_is_deleted_when(hosted: ComponentDeployment) -> None:
    alias = unique("deleted")
    hosted.create(hosted.container(ALIAS=alias))
    with pytest.raises(ClientError, match="Cannot delete endpoint with inference component"):
        hosted.sagemaker.delete_endpoint(EndpointName=hosted.endpoint)
    hosted.sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=hosted.endpoint, DesiredRuntimeConfig={"CopyCount": 2}
    )
    with pytest.raises(ClientError, match="while it is in state UPDATE_RC_IN_PROGRESS"):
        hosted.remove()
    hosted.component()
    hosted.remove()
    assert engines(hosted.cloud, alias) == []
    with pytest.raises(ClientError, match="Could not find inference component"):
        hosted.described()


def test_which_endpoints_take_which_calls(hosted: ComponentDeployment, fresh: Deployment) -> None:
    hosted.create_endpoint()
    with pytest.raises(ClientError, match="Inference Component Name header is required"):
        Deployment.invoke(hosted)
    with pytest.raises(ClientError, match=r"Inference Component absent of account .* not found"):
        hosted.invoke(InferenceComponentName="absent")
    fresh.create()
    with pytest.raises(ClientError, match="Inference Component Name header is not allowed"):
        fresh.invoke(InferenceComponentName=hosted.endpoint)
    with pytest.raises(ClientError, match="Inference Components are not supported in this"):
        fresh.sagemaker.create_inference_component(
            InferenceComponentName=hosted.endpoint,
            EndpointName=fresh.endpoint,
            VariantName=VARIANT,
            Specification=hosted.specification(hosted.create_model()),
        )
