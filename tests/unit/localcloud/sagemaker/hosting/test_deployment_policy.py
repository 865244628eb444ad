from __future__ import annotations

from typing import Any

import pytest

from localcloud.awsjson.service import ServiceError
from localcloud.sagemaker.hosting.deployment_policy import Policy, check_deployment


def size(value: int, kind: str = "CAPACITY_PERCENT") -> dict[str, Any]:
    return {"Type": kind, "Value": value}


def blue_green(kind: str, **routing: Any) -> dict[str, Any]:
    configuration = {"Type": kind, "WaitIntervalInSeconds": 30, **routing}
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": configuration,
            "TerminationWaitInSeconds": 60,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }


def rolling(batch: dict[str, Any], **more: Any) -> dict[str, Any]:
    policy = {"MaximumBatchSize": batch, "WaitIntervalInSeconds": 5, **more}
    return {"RollingUpdatePolicy": policy}


@pytest.mark.parametrize(
    ("deployment", "instances", "shares"),
    [
        (None, 2, (1.0,)),
        (blue_green("ALL_AT_ONCE"), 2, (1.0,)),
        (blue_green("CANARY", CanarySize=size(10)), 2, (0.1, 1.0)),
        (blue_green("CANARY", CanarySize=size(1, "INSTANCE_COUNT")), 4, (0.25, 1.0)),
        (blue_green("LINEAR", LinearStepSize=size(50)), 2, (0.5, 1.0)),
        (blue_green("LINEAR", LinearStepSize=size(1, "INSTANCE_COUNT")), 4, (0.25, 0.5, 0.75, 1.0)),
    ],
)
def test_traffic_moves_in_the_shares_of_the_policy(
    deployment: dict[str, Any] | None, instances: int, shares: tuple[float, ...]
) -> None:
    assert Policy.of(deployment, instances).shares == pytest.approx(shares)


def test_steps_of_a_third_end_with_all_of_it() -> None:
    shares = Policy.of(blue_green("LINEAR", LinearStepSize=size(33)), 3).shares
    assert shares == pytest.approx((0.33, 0.66, 1.0))


def test_waits_and_alarms_are_the_deployments() -> None:
    policy = Policy.of(blue_green("ALL_AT_ONCE"), 1)
    assert (policy.wait_seconds, policy.termination_seconds) == (30, 60)
    assert policy.alarms == ("errors",)


def test_rolling_batches_have_at_least_one_instance() -> None:
    policy = Policy.of(rolling(size(10), RollbackMaximumBatchSize=size(50)), 4)
    assert policy.batch is not None
    assert (policy.batch.of_total(4), policy.rollback_batch.of_total(4)) == (1, 2)


@pytest.mark.parametrize(
    ("deployment", "variants", "message"),
    [
        ({}, 1, "needs BlueGreenUpdatePolicy or RollingUpdatePolicy"),
        ({**blue_green("ALL_AT_ONCE"), **rolling(size(5))}, 1, "and not both"),
        (blue_green("CANARY"), 1, "CanarySize is for traffic routing of type CANARY"),
        (blue_green("LINEAR", CanarySize=size(5)), 1, "CanarySize is for traffic routing"),
        (blue_green("CANARY", CanarySize=size(51)), 1, "at most 50% of the variant's instances"),
        (blue_green("LINEAR", LinearStepSize=size(3, "INSTANCE_COUNT")), 1, "INSTANCE_COUNT"),
        (rolling(size(60)), 1, "MaximumBatchSize must be at most 50%"),
        (rolling(size(10)), 2, "not supported for several variants"),
    ],
)
def test_policy_that_sagemaker_does_not_take_is_refused(
    deployment: dict[str, Any], variants: int, message: str
) -> None:
    with pytest.raises(ServiceError, match=message):
        check_deployment(deployment, variants, instances=4)
