"""Deployments as their policies say, watched by alarms, by a clock that is 60 times as fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import eventually, poll
from tests.support.localcloud.alarms import ring, silent_alarm
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import ENDLESS, VARIANT, Deployment, under_load

FOREVER = 3600
"""Seconds of the clock that a step is watched by a test that does not wait for its end."""


@pytest.fixture
def served(fast: Cloud, model_file: Path) -> Iterator[Deployment]:
    """An endpoint of two instances; its alias is `old`."""
    deployment = Deployment(fast, model_file)
    deployment.create(deployment.container(ALIAS="old"), InitialInstanceCount=2)
    yield deployment
    deployment.settled()
    deployment.delete()


def policy(kind: str, wait: int, **size: int) -> dict[str, Any]:
    sizes = {name: {"Type": "CAPACITY_PERCENT", "Value": value} for name, value in size.items()}
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def rolling(wait: int) -> dict[str, Any]:
    batch = {"Type": "CAPACITY_PERCENT", "Value": 50}
    return {"RollingUpdatePolicy": {"MaximumBatchSize": batch, "WaitIntervalInSeconds": wait}}


def update(deployment: Deployment, config: dict[str, Any], *alarms: str, count: int = 2) -> str:
    """Begin to deploy `new`, and return the name of its configuration."""
    model = deployment.create_model(deployment.container(ALIAS="new"))
    name = deployment.create_config(model, InitialInstanceCount=count)
    names = [{"AlarmName": alarm} for alarm in alarms]
    watched = {"AutoRollbackConfiguration": {"Alarms": names}} if alarms else {}
    deployment.sagemaker.update_endpoint(
        EndpointName=deployment.endpoint,
        EndpointConfigName=name,
        DeploymentConfig={**config, **watched},
    )
    return name


def described(deployment: Deployment) -> dict[str, Any]:
    return dict(deployment.sagemaker.describe_endpoint(EndpointName=deployment.endpoint))


def answers(deployment: Deployment, count: int) -> Counter[str]:
    return Counter(str(deployment.invoke(tokens=1)["model"]) for _ in range(count))


def new_fleet_answers(deployment: Deployment) -> None:
    eventually(lambda: set(answers(deployment, 1)) == {"new"})


def test_canary_takes_its_share_while_both_fleets_run(served: Deployment) -> None:
    config = update(served, policy("CANARY", 120, CanarySize=30))
    new_fleet_answers(served)
    shares = answers(served, 40)
    assert 2 <= shares["new"] <= 25
    found = described(served)
    desired = {"VariantName": VARIANT, "DesiredInstanceCount": 3}
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        served.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=served.endpoint, DesiredWeightsAndCapacities=[desired]
        )
    pending = found["PendingDeploymentSummary"]
    assert found["EndpointStatus"] == "Updating"
    assert pending["EndpointConfigName"] == config
    assert [one["CurrentInstanceCount"] for one in found["ProductionVariants"]] == [2]
    assert [one["CurrentInstanceCount"] for one in pending["ProductionVariants"]] == [2]
    with under_load(served):
        settled = served.settled()
    assert settled["EndpointConfigName"] == config
    assert "FailureReason" not in settled
    assert set(answers(served, 5)) == {"new"}


@pytest.mark.parametrize(
    "config",
    [policy("LINEAR", FOREVER, LinearStepSize=50), rolling(FOREVER)],
    ids=["linear", "rolling"],
)
def test_alarm_brings_the_old_fleet_back_without_a_failed_request(
    served: Deployment, config: dict[str, Any]
) -> None:
    before = described(served)["EndpointConfigName"]
    name = silent_alarm(served.cloud)
    update(served, config, name)
    with under_load(served) as answered:
        eventually(lambda: {"old", "new"} <= set(answered))
        ring(served.cloud, name)
        found = served.settled()
    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == before
    assert f"alarms in state ALARM: {name}" in found["FailureReason"]
    assert "PendingDeploymentSummary" not in found
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert set(answers(served, 5)) == {"old"}


def test_rolling_replaces_batch_after_batch(served: Deployment) -> None:
    config = update(served, rolling(60))
    both = poll(
        lambda: described(served),
        lambda found: (
            [one["CurrentInstanceCount"] for one in found["ProductionVariants"]] == [1]
            or found["EndpointStatus"] == "InService"
        ),
    )
    assert both["EndpointStatus"] == "Updating"
    with under_load(served):
        found = served.settled()
    assert found["EndpointConfigName"] == config
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert set(answers(served, 5)) == {"new"}


def test_rollback_shows_itself_while_a_request_holds_an_instance(served: Deployment) -> None:
    name = silent_alarm(served.cloud)
    update(served, policy("ALL_AT_ONCE", FOREVER), name)
    new_fleet_answers(served)
    stream = served.stream(tokens=2000)
    next(stream)
    ring(served.cloud, name)
    eventually(lambda: described(served)["EndpointStatus"] == "RollingBack")
    assert "PendingDeploymentSummary" in described(served)
    assert set(answers(served, 3)) == {"old"}
    for _ in stream:  # to its end: the instance answers what it has
        pass
    assert served.settled()["EndpointStatus"] == "InService"


@pytest.fixture
def limited(strict: Cloud, model_file: Path) -> Iterator[Deployment]:
    deployment = Deployment(strict, model_file)
    deployment.create(deployment.container(ALIAS="old"))
    yield deployment
    deployment.settled()
    deployment.delete()


def test_rollback_can_be_silent(limited: Deployment) -> None:
    before = described(limited)["EndpointConfigName"]
    name = silent_alarm(limited.cloud)
    ring(limited.cloud, name)
    update(limited, policy("ALL_AT_ONCE", FOREVER), name, count=1)
    found = limited.settled()
    assert found["EndpointConfigName"] == before
    assert "FailureReason" not in found


def test_whole_answer_has_its_time(limited: Deployment) -> None:
    with pytest.raises(ClientError, match="Your invocation timed out while waiting") as caught:
        limited.invoke(tokens=ENDLESS)
    assert caught.value.response["Error"]["Code"] == "ModelError"
