"""CloudWatch: metrics and alarms of our services' own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ministack.services import cloudwatch

from localcloud.ministack_hooks.patching import Untyped, wrap
from localcloud.ministack_hooks.services import request_scope

Alarm = dict[str, Any]
"""A metric alarm as `PutMetricAlarm` spells it."""


class Metrics:
    """The metrics and alarms of an account in a region. Safe from any thread."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def put(
        self,
        namespace: str,
        values: Mapping[str, Sequence[float]],
        dimensions: Mapping[str, str],
        *,
        at: float | None = None,
        unit: str = "None",
        each: bool = False,
    ) -> None:
        """Publish samples.

        Args:
            namespace: For example `AWS/SageMaker`.
            values: By metric name. Several become one statistic set, none nothing.
            dimensions: All of them.
            at: Real seconds since 1970, such as the beginning of the period the samples are from;
                left out, now.
            unit: As `PutMetricData` spells it.
            each: Keep each sample, for percentiles; a statistic set has none.
        """
        now = time.time() if at is None else at
        with request_scope(self._account, self._region):
            for name, samples in values.items():
                if samples:
                    kept = (list(samples), None, None) if each else (None, None, _set(samples))
                    cloudwatch._store_datum(
                        namespace, name, dict(dimensions), now, unit, None, *kept
                    )

    def statistic(
        self,
        namespace: str,
        name: str,
        dimensions: Iterable[tuple[str, str]],
        statistic: str,
        *,
        start: float,
        end: float,
    ) -> float | None:
        """Aggregate what was published from `start` until before `end`; None where nothing was.

        Args:
            namespace: For example `AWS/SageMaker`.
            name: The metric's name.
            dimensions: All of them.
            statistic: `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such
                as `p90`.
            start: Real seconds since 1970.
            end: As `start`.
        """
        key = (namespace, name, cloudwatch._dims_key(dict(dimensions)))
        with request_scope(self._account, self._region):
            points = list(cloudwatch._metrics.get(key, []))
        found = [point for point in points if start <= point["Timestamp"] < end]
        statistics = cloudwatch._calc_stats(found)
        value = cloudwatch._stat_value(statistics, statistic, found) if statistics else None
        return None if value is None else float(value)

    def alarms_of(self, action: str) -> list[Alarm]:
        """Return the metric alarms that run an action when they enter ALARM."""
        with request_scope(self._account, self._region):
            alarms = list(cloudwatch._alarms.values())
        return [
            alarm
            for alarm in alarms
            if action in (alarm.get("AlarmActions") or []) and alarm.get("ActionsEnabled", True)
        ]

    def put_alarm(self, alarm: Alarm) -> None:
        """Keep an alarm; it starts without data."""
        shown = {
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": "Unchecked: Initial alarm creation",
            "OKActions": [],
            "InsufficientDataActions": [],
            "ActionsEnabled": True,
        }
        with request_scope(self._account, self._region):
            cloudwatch.cloudformation_put_metric_alarm({**shown, **alarm})

    def delete_alarm(self, name: str) -> None:
        """Forget an alarm."""
        with request_scope(self._account, self._region):
            cloudwatch.cloudformation_delete_metric_alarm(name)

    def set_alarm_state(self, name: str, state: str, reason: str, now: int) -> None:
        """Bring an alarm to a state: recorded in its history, notifications sent."""
        with request_scope(self._account, self._region):
            alarm = cloudwatch._alarms.get(name)
            if alarm is None or alarm["StateValue"] == state:
                return
            before = alarm["StateValue"]
            alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": now}
            cloudwatch._record_history(name, before, state, reason)
            cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
            cloudwatch._evaluate_parent_alarms(alarm)

    def alarm_state(self, name: str) -> str | None:
        """Return an alarm's state, composite or not; None where there is no such alarm."""
        with request_scope(self._account, self._region):
            alarm = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
        return str(alarm["StateValue"]) if alarm else None


def metric_alarms() -> list[tuple[str, str, Alarm]]:
    """List every metric alarm, with its account and region. Safe from any thread."""
    return [
        (account, region, alarm)
        for (account, region, _name), alarm in cloudwatch._alarms.all_items()
    ]


def evaluate_no_alarms() -> None:
    """Have ministack evaluate no alarms.

    It looks at the newest values of all metrics of a name, whatever their dimensions and whatever
    becomes of missing data. Our own evaluation sets the states.
    """
    wrap(cloudwatch, "_evaluate_alarm", _evaluate_none)


def _evaluate_none(_original: Callable[..., None], _alarm: Untyped) -> None:
    """Leave an alarm as it is."""


def _set(samples: Sequence[float]) -> dict[str, float]:
    return {
        "SampleCount": len(samples),
        "Sum": sum(samples),
        "Minimum": min(samples),
        "Maximum": max(samples),
    }
