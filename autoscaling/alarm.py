"""CloudWatch alarms: M of N datapoints against a threshold, and the treatment of missing data."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from autoscaling.assumptions import ASSUMED, Assumptions
from autoscaling.metric import Metric


class AlarmState(StrEnum):
    """A state of an alarm, as DescribeAlarms spells states."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class MissingData(StrEnum):
    """The treatment of missing data, as PutMetricAlarm spells treatments."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


class Comparison(StrEnum):
    """A comparison operator of target tracking and step scaling alarms."""

    GREATER = "GreaterThanThreshold"
    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"


_BREACHES: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A metric alarm, evaluated once per period of its metric.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html

    Attributes:
        name: unique among the alarms of a target.
        metric: time series to watch.
        comparison: how a datapoint breaches.
        threshold: value to compare datapoints with, in the metric's unit.
        evaluation_periods: N, the datapoints looked at.
        datapoints_to_alarm: M, the breaching ones among them that mean ALARM; None means N.
        missing_data: treatment of a gap.
    """

    name: str
    metric: Metric
    comparison: Comparison
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int | None = None
    missing_data: MissingData = MissingData.MISSING

    def __post_init__(self) -> None:
        if not 1 <= self.needed <= self.evaluation_periods:
            raise ValueError(
                f"datapoints_to_alarm: got {self.needed}; must be 1 to {self.evaluation_periods}"
            )

    @property
    def needed(self) -> int:
        """M of the M out of N."""
        return self.datapoints_to_alarm or self.evaluation_periods

    @property
    def seconds(self) -> float:
        """Length of the evaluation range, in seconds."""
        return self.evaluation_periods * self.metric.period

    def breaches(self, value: float) -> bool:
        """Return whether one datapoint breaches the threshold."""
        return _BREACHES[self.comparison](value, self.threshold)

    def evaluate(self, points: Sequence[float | None], state: AlarmState) -> AlarmState:
        """Return the state after a look at the evaluation range.

        Args:
            points: datapoints of the evaluation range, oldest first; None where one is missing.
            state: the state before.
        """
        return self.decide([None if p is None else self.breaches(p) for p in points], state)

    def decide(self, breaching: Sequence[bool | None], state: AlarmState) -> AlarmState:
        """Return the state, knowing which datapoints of the evaluation range breach."""
        real = [point for point in breaching if point is not None]
        if len(real) >= self.evaluation_periods:
            return _state(sum(real[-self.evaluation_periods :]) >= self.needed)
        if self.missing_data is MissingData.NOT_BREACHING:
            return _state(sum(real) >= self.needed)
        if self.missing_data is MissingData.BREACHING:
            return _state(sum(real) + self.evaluation_periods - len(real) >= self.needed)
        if sum(real) >= self.needed:
            return AlarmState.ALARM
        if not all(real):
            return AlarmState.OK
        if self.missing_data is MissingData.IGNORE:
            return state
        return self._from_breaches_alone(breaching)

    def _from_breaches_alone(self, points: Sequence[bool | None]) -> AlarmState:
        """Decide on too few datapoints, all breaching: old enough, they mean ALARM."""
        newest_first = reversed(points)
        age = max((i for i, point in enumerate(newest_first, 1) if point is not None), default=0)
        return AlarmState.ALARM if age >= self.needed else AlarmState.INSUFFICIENT_DATA


def _state(alarmed: bool) -> AlarmState:
    return AlarmState.ALARM if alarmed else AlarmState.OK


class AlarmMonitor:
    """An alarm over time: visible datapoints, state, and time of the last action."""

    def __init__(self, alarm: Alarm, assumptions: Assumptions = ASSUMED, now: float = 0.0) -> None:
        self.alarm = alarm
        self.state = AlarmState.INSUFFICIENT_DATA
        self._assumed = assumptions
        self._ran_at: float | None = None
        self._period = alarm.metric.period
        self._evaluated = int(self._visible(now))
        looked_back = alarm.evaluation_periods + assumptions.extra_datapoints
        self._points: deque[float | None] = deque(maxlen=looked_back)
        self._breaching: deque[bool | None] = deque(maxlen=looked_back)
        self._pending: dict[int, float] = {}

    def record(self, end: float, value: float) -> None:
        """Take the datapoint of the period that ended at `end`; a late one fills its gap."""
        index = round(end / self._period)
        late = self._evaluated - index
        if late < 0:
            self._pending[index] = value
        elif late < len(self._points):
            self._points[-1 - late] = value
            self._breaching[-1 - late] = self.alarm.breaches(value)

    @property
    def newest(self) -> float | None:
        """The newest datapoint the alarm has seen."""
        return next((point for point in reversed(self._points) if point is not None), None)

    @property
    def highest(self) -> float | None:
        """The highest of the datapoints the alarm looks at."""
        looked_at = list(self._points)[-self.alarm.evaluation_periods :]
        return max((point for point in looked_at if point is not None), default=None)

    @property
    def due(self) -> float:
        """Time of the next evaluation: the next datapoint can be seen then."""
        return (self._evaluated + 1) * self._period + self._assumed.publication_delay

    def advance(self, now: float) -> bool:
        """Evaluate every period visible by `now`; return whether the alarm runs its action."""
        runs = False
        while self.due <= now:
            at = self.due
            self._evaluated += 1
            value = self._pending.pop(self._evaluated, None)
            self._points.append(value)
            self._breaching.append(None if value is None else self.alarm.breaches(value))
            self.state = self.alarm.decide(self._breaching, self.state)
            runs = self._runs_action(at) or runs
        return runs

    def _runs_action(self, at: float) -> bool:
        """Run on entering ALARM, and again and again while in it."""
        if self.state is not AlarmState.ALARM:
            self._ran_at = None
            return False
        repeat = max(self._period, self._assumed.action_repeat)
        if self._ran_at is not None and at < self._ran_at + repeat:
            return False
        self._ran_at = at
        return True

    def _visible(self, now: float) -> float:
        return (now - self._assumed.publication_delay) // self._period
