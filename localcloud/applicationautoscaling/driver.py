"""The driver of all scalable targets: their policies run by the local cloud's clock.

The rules are those of the package `autoscaling`, which the planner drives with a virtual clock.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from localcloud.applicationautoscaling.registry import Registry, TargetKey
from localcloud.applicationautoscaling.scaled_target import ScaledTarget
from localcloud.awsjson.service import Scope, ServiceError
from localcloud.clock import Clock
from localcloud.ministack_hooks import Metrics

logger = logging.getLogger(__name__)

STEP_SECONDS = 5.0
"""Pause between two steps of a target, by the clock: half of the shortest metric period."""


class Capacities(Protocol):
    """The capacities that are scaled."""

    def desired(self, scope: Scope, key: TargetKey) -> int | None:
        """Return the desired capacity; None while it cannot be changed."""

    def failure(self, scope: Scope, key: TargetKey) -> str | None:
        """Return the reason why the last change failed; None where it did not."""

    def change(self, scope: Scope, key: TargetKey, capacity: int) -> None:
        """Begin to change the capacity.

        Raises:
            ServiceError: It cannot be.
        """


class Driver:
    """Scales, as long as it runs."""

    def __init__(self, registry: Registry, capacities: Capacities, clock: Clock) -> None:
        self._registry = registry
        self._capacities = capacities
        self._clock = clock
        self._targets: dict[tuple[Scope, TargetKey], ScaledTarget] = {}

    async def run(self) -> None:
        """Scale until cancelled."""
        pause = min(1.0, self._clock.real_seconds(STEP_SECONDS))
        while True:
            await asyncio.sleep(pause)
            self._forget()
            for scope, kept in list(self._registry.items()):
                for key in list(kept.targets):
                    try:
                        self._step(scope, key)
                    except Exception:
                        logger.exception("cannot scale %s", key.resource)

    def _forget(self) -> None:
        for scope, key in list(self._targets):
            if key not in self._registry[scope].targets:
                self._targets.pop((scope, key)).close()

    def _step(self, scope: Scope, key: TargetKey) -> None:
        target = self._targets.get((scope, key))
        if target is None:
            metrics = Metrics(scope.account, scope.region)
            target = ScaledTarget(key, self._registry[scope], metrics, self._clock)
            self._targets[scope, key] = target
        failure = self._capacities.failure(scope, key)
        wanted = target.step(self._clock.now(), self._capacities.desired(scope, key), failure)
        if wanted is None:
            return
        try:
            self._capacities.change(scope, key, wanted)
        except ServiceError as error:
            target.changed(error.message)
