"""The states of metric alarms, by the rules that the planner and the scaling use.

Alarms that run scaling policies are evaluated where the policies are.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import time

from autoscaling.alarm import AlarmMonitor
from autoscaling.aws_shapes import metric_alarm
from localcloud.clock import Clock
from localcloud.cloudwatch.datapoints import Datapoints
from localcloud.ministack_hooks import Alarm, Metrics, metric_alarms

logger = logging.getLogger(__name__)

STEP_SECONDS = 5.0
"""Pause between two looks at the alarms, by the clock: half of the shortest period."""

_STATE = ("StateValue", "StateReason", "StateUpdatedTimestamp", "StateReasonData")


class AlarmEvaluator:
    """Evaluates alarms, as long as it runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watched: dict[tuple[str, str, str], _Watched] = {}

    async def run(self) -> None:
        """Evaluate until cancelled."""
        pause = min(1.0, self._clock.real_seconds(STEP_SECONDS))
        while True:
            await asyncio.sleep(pause)
            try:
                self.step()
            except Exception:
                logger.exception("alarms are not evaluated")

    def step(self) -> None:
        """Evaluate every alarm of which a new datapoint can be seen."""
        now = self._clock.now()
        present = {
            (account, region, alarm["AlarmName"]): alarm
            for account, region, alarm in metric_alarms()
            if alarm.get("MetricName") and not _scales(alarm)
        }
        self._watched = {key: one for key, one in self._watched.items() if key in present}
        for key, alarm in present.items():
            definition = {name: alarm[name] for name in alarm if name not in _STATE}
            watched = self._watched.get(key)
            if watched is None or watched.definition != definition:
                metrics = Metrics(*key[:2])
                watched = _Watched(copy.deepcopy(definition), metrics, self._clock)
                self._watched[key] = watched
            watched.step(now)


class _Watched:
    def __init__(self, definition: Alarm, metrics: Metrics, clock: Clock) -> None:
        self.definition = definition
        self._metrics = metrics
        self._datapoints = Datapoints(metrics, clock)
        self._monitor: AlarmMonitor | None = None
        try:
            self._monitor = AlarmMonitor(metric_alarm(definition), now=clock.now())
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("alarm %s is not evaluated: %s", definition["AlarmName"], error)

    def step(self, now: float) -> None:
        monitor = self._monitor
        if monitor is None:
            return
        alarm = monitor.alarm
        for _, end, value in self._datapoints.new([alarm.metric], now):
            monitor.record(end, value)
        if monitor.due > now:
            return
        monitor.advance(now)
        seen = "no data" if monitor.newest is None else f"{monitor.newest:g}"
        reason = (
            f"Threshold Crossed: {alarm.metric.statistic} of {alarm.metric.name}, at last {seen}: "
            f"{alarm.comparison.value} {alarm.threshold:g} of {alarm.evaluation_periods} datapoints"
        )
        self._metrics.set_alarm_state(alarm.name, monitor.state.value, reason, int(time.time()))


def _scales(alarm: Alarm) -> bool:
    return any(":scalingPolicy:" in action for action in alarm.get("AlarmActions") or [])
