from __future__ import annotations

import asyncio

import pytest

from localcloud.awsjson.service import Scope
from localcloud.clock import Clock
from localcloud.ministack_hooks import Metrics
from localcloud.sagemaker.hosting.deployment_policy import Policy
from localcloud.sagemaker.hosting.guardrails import Guardrails, RolledBackError

SCOPE = Scope("000000000042", "us-east-1")


def bake(policy: Policy) -> None:
    async def watched() -> None:
        await Guardrails(SCOPE, Clock(1000)).watch(policy).bake()

    asyncio.run(watched())


def test_step_without_alarms_lasts_as_long_as_the_policy_says() -> None:
    clock = Clock(1000)
    begun = clock.now()
    bake(Policy(wait_seconds=100, alarms=("there is none",)))
    assert clock.now() - begun >= 100


def test_alarm_undoes_the_deployment() -> None:
    metrics = Metrics(SCOPE.account, SCOPE.region)
    metrics.put_alarm({"AlarmName": "errors"})
    try:
        bake(Policy(alarms=("errors",)))
        metrics.set_alarm_state("errors", "ALARM", "test", 0)
        with pytest.raises(RolledBackError, match="alarms in state ALARM: errors"):
            bake(Policy(alarms=("errors",)))
    finally:
        metrics.delete_alarm("errors")


def test_deployment_that_takes_too_long_is_undone() -> None:
    with pytest.raises(RolledBackError, match="took longer than 600 seconds"):
        bake(Policy(wait_seconds=3600, limit_seconds=600))
