"""Guardrails of a deployment: the alarms that watch each step, and the time they are given."""

from __future__ import annotations

import asyncio

from localcloud.awsjson.service import Scope
from localcloud.clock import Clock
from localcloud.ministack_hooks import Metrics
from localcloud.sagemaker.hosting.deployment_policy import Policy
from localcloud.sagemaker.instances.errors import DeploymentFailedError

LOOK_SECONDS = 5.0
"""Pause between two looks at the alarms, by the clock."""


class RolledBackError(DeploymentFailedError):
    """An alarm undoes the deployment, or its time is over."""


class Guardrails:
    """The alarms of an account, and the clock by which deployments wait."""

    def __init__(self, scope: Scope, clock: Clock) -> None:
        self._metrics = Metrics(scope.account, scope.region)
        self._clock = clock

    def watch(self, policy: Policy) -> Watch:
        """Begin to watch a deployment."""
        return Watch(policy, self._metrics, self._clock)


class Watch:
    """A deployment as it is watched."""

    def __init__(self, policy: Policy, metrics: Metrics, clock: Clock) -> None:
        self.policy = policy
        self._metrics = metrics
        self._clock = clock
        self._limit = clock.now() + policy.limit_seconds

    async def bake(self) -> None:
        """Watch the alarms for the policy's waiting time, at least once.

        Raises:
            RolledBackError: One of them is in ALARM, or the deployment takes too long.
        """
        end = self._clock.now() + self.policy.wait_seconds
        while True:
            self._refuse_alarms()
            now = self._clock.now()
            if now >= self._limit:
                raise RolledBackError(
                    "The deployment was rolled back: it took longer than "
                    f"{self.policy.limit_seconds:g} seconds."
                )
            if now >= end:
                return
            await self._sleep(min(end - now, LOOK_SECONDS))

    async def linger(self) -> None:
        """Wait for as long as the old fleet is to stay."""
        await self._sleep(self.policy.termination_seconds)

    def _refuse_alarms(self) -> None:
        ringing = [
            name for name in self.policy.alarms if self._metrics.alarm_state(name) == "ALARM"
        ]
        if ringing:
            raise RolledBackError(
                f"The deployment was rolled back: alarms in state ALARM: {', '.join(ringing)}"
            )

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(self._clock.real_seconds(seconds))
