"""Real-time endpoints scaled for real, by a clock that is 60 times as fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.support.eventually import eventually, poll
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.component_deployment import SCALING, ComponentDeployment
from tests.support.localcloud.deployment import (
    ENDLESS,
    VARIANT,
    Deployment,
    engines,
)
from tests.support.localcloud.scaling import Scaling

PROVISIONING = 60 / 60
"""Real seconds that a change of capacity takes."""


@pytest.fixture
def modelled(fast: Cloud, model_file: Path) -> Iterator[Deployment]:
    """An endpoint whose variant has a model, yet to be created."""
    yield from ended(Deployment(fast, model_file))


@pytest.fixture
def hosted(fast: Cloud, model_file: Path) -> Iterator[ComponentDeployment]:
    """An endpoint for inference components, yet to be created."""
    yield from ended(ComponentDeployment(fast, model_file))


def ended(deployment: Any) -> Iterator[Any]:
    yield deployment
    if deployment.exists():
        deployment.settled()
        deployment.delete()


def running(deployment: Deployment) -> int:
    return len(engines(deployment.cloud, deployment.endpoint))


def test_burst_scales_out_and_idleness_in_again(
    modelled: Deployment, hosted: ComponentDeployment
) -> None:
    for deployment in (modelled, hosted):
        deployment.create(deployment.container(ALIAS=deployment.endpoint, PARALLEL="2"))
    variant = Scaling.of_variant(modelled.cloud, modelled.endpoint, 1, 2)
    component = Scaling.of_component(hosted.cloud, hosted.endpoint, 0, 2)
    names = {
        variant: "SageMakerVariantConcurrentRequestsPerModelHighResolution",
        component: "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    }
    alarms = {
        target: [one["AlarmName"] for one in target.track("concurrency", 0.5, metric)["Alarms"]]
        for target, metric in names.items()
    }
    with ExitStack() as burst:
        for deployment in (modelled, hosted):
            next(burst.enter_context(closing(deployment.stream(ENDLESS))))
        eventually(lambda: running(modelled) == running(hosted) == 2)
    eventually(lambda: running(modelled) == 1)
    eventually(lambda: running(hosted) == 0)
    for target, (high, low) in alarms.items():
        cause = "monitor alarm {} in state ALARM triggered policy concurrency"
        assert {cause.format(high), cause.format(low)} <= set(target.causes())
    assert variant.activities()[-1]["Description"] == "Setting desired instance count to 2."
    assert component.activities()[-1]["Description"] == "Setting desired copy count to 2."


def test_refused_request_wakes_a_component_to_exactly_one_copy(
    hosted: ComponentDeployment,
) -> None:
    hosted.create(hosted.container(ALIAS=hosted.endpoint))
    hosted.scale(0)
    scaling = Scaling.of_component(hosted.cloud, hosted.endpoint, 0, 3)
    alarm = scaling.step(
        "wake",
        {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1},
        "ExactCapacity",
        MetricName="NoCapacityInvocationFailures",
        Dimensions=[{"Name": "InferenceComponentName", "Value": hosted.endpoint}],
        Period=30,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=1,
    )
    answer = retried(hosted.invoke, hosted.runtime.exceptions.ValidationError)
    assert answer["usage"]["completion_tokens"] == 4
    assert running(hosted) == 1
    assert scaling.causes()[-1] == f"monitor alarm {alarm} in state ALARM triggered policy wake"
    # The copy answers before the change that brought it is told to be over.
    eventually(lambda: scaling.activities()[-1]["StatusCode"] == "Successful")
    assert scaling.activities()[-1]["Description"] == "Setting desired copy count to 1."


def retried(call: Callable[[], dict[str, Any]], refusal: type[ClientError]) -> dict[str, Any]:
    """Call until it is answered, as a client that was told to come back."""

    def answer() -> dict[str, Any]:
        with suppress(refusal):
            return call()
        return {}

    return poll(answer, bool)


def test_scheduled_action_raises_the_minimum_at_its_time(modelled: Deployment) -> None:
    modelled.create(modelled.container(ALIAS=modelled.endpoint))
    scaling = Scaling.of_variant(modelled.cloud, modelled.endpoint, 1, 3)
    scaling.client.put_scheduled_action(
        **scaling.key,
        ScheduledActionName="morning",
        Schedule=f"at({clock_of(modelled.cloud, ahead=300):%Y-%m-%dT%H:%M:%S})",
        ScalableTargetAction={"MinCapacity": 2},
    )
    eventually(lambda: running(modelled) == 2)
    minimum, scheduled = scaling.activities()
    assert scheduled["Cause"] == "scheduled action name morning was triggered"
    assert scheduled["Description"] == "Setting min capacity to 2 and max capacity to 3"
    assert minimum["Cause"] == "minimum capacity was set to 2"
    found = scaling.client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaling.key["ResourceId"]]
    )
    assert found["ScalableTargets"][0]["MinCapacity"] == 2


def clock_of(cloud: Cloud, ahead: float) -> datetime:
    """A time that is surely ahead by the server's clock, though not by much more."""
    now = time.time()
    begun = cloud.started
    return datetime.fromtimestamp(begun + (now - begun) * 60 + ahead, UTC)


def test_scaling_that_finds_no_room_says_so(hosted: ComponentDeployment) -> None:
    hosted.create(ManagedInstanceScaling={**SCALING, "MaxInstanceCount": 1})
    scaling = Scaling.of_component(hosted.cloud, hosted.endpoint, 2, 3)
    eventually(lambda: any(one["StatusCode"] == "Failed" for one in scaling.activities()))
    failed = scaling.activities()[-1]
    assert "There is not enough hardware resources on the instances" in failed["StatusMessage"]
    assert failed["Cause"] == "minimum capacity was set to 2"


@pytest.mark.parametrize("kind", ["modelled", "hosted"])
def test_change_of_capacity_takes_its_time(kind: str, request: pytest.FixtureRequest) -> None:
    deployment = request.getfixturevalue(kind)
    deployment.create(deployment.container(ALIAS=deployment.endpoint))
    begun = time.monotonic()
    begin_to_grow(deployment)
    eventually(lambda: running(deployment) == 2)
    assert time.monotonic() - begun >= PROVISIONING


@pytest.fixture(scope="module")
def scarce(data_dir: Path) -> Iterator[Cloud]:
    """A local cloud in which no test lives to see another instance come."""
    settings = Settings(port=free_port(), data_dir=data_dir, provisioning_seconds=3600)
    running = local.start(settings)
    yield running
    local.stop(running)


@pytest.mark.parametrize("kind", [Deployment, ComponentDeployment])
def test_instance_on_its_way_is_desired_and_not_there(
    kind: type[Deployment], scarce: Cloud, model_file: Path
) -> None:
    deployment = kind(scarce, model_file)
    deployment.create(deployment.container(ALIAS=deployment.endpoint))
    begin_to_grow(deployment)
    found = deployment.sagemaker.describe_endpoint(EndpointName=deployment.endpoint)
    (variant,) = found["ProductionVariants"]
    assert found["EndpointStatus"] == "Updating"
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 2)
    assert running(deployment) == 1


def begin_to_grow(deployment: Deployment) -> None:
    """Ask for a second instance, or for a second copy, which needs one."""
    if isinstance(deployment, ComponentDeployment):
        deployment.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=deployment.endpoint, DesiredRuntimeConfig={"CopyCount": 2}
        )
        assert deployment.described()["InferenceComponentStatus"] == "Updating"
    else:
        desired = {"VariantName": VARIANT, "DesiredInstanceCount": 2}
        deployment.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=deployment.endpoint, DesiredWeightsAndCapacities=[desired]
        )


def test_pools_fall_through_to_what_can_be_had(modelled: Deployment) -> None:
    model = modelled.create_model()
    pools = [
        {"InstanceType": "ml.c5.large", "Priority": 2},
        {"InstanceType": "ml.m5.large", "Priority": 1},
    ]
    production = {
        "VariantName": VARIANT,
        "ModelName": model,
        "InstancePools": pools,
        "InitialInstanceCount": 2,
    }
    modelled.sagemaker.create_endpoint_config(
        EndpointConfigName=modelled.endpoint, ProductionVariants=[production]
    )
    modelled.sagemaker.create_endpoint(
        EndpointName=modelled.endpoint, EndpointConfigName=modelled.endpoint
    )
    (variant,) = modelled.settled()["ProductionVariants"]
    assert variant["InstancePools"] == [
        {"InstanceType": "ml.m5.large", "CurrentInstanceCount": 0},
        {"InstanceType": "ml.c5.large", "CurrentInstanceCount": 2},
    ]


def test_single_type_that_cannot_be_had_fails_with_its_reason(modelled: Deployment) -> None:
    found = modelled.create(InstanceType="ml.m5.large")
    assert found["EndpointStatus"] == "Failed"
    assert "InsufficientInstanceCapacity" in found["FailureReason"]
