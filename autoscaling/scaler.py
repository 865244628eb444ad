"""Application Auto Scaling for one target: alarms run policies, schedules move limits.

A driver owns the clock and the capacity. It feeds datapoints with `record`, calls `advance`
whenever `due` has come, carries out the activities that change the capacity, and calls `fulfilled`,
then `advance` again, when the units are in service. Time is float seconds, epoch seconds where a
schedule names a date.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from autoscaling.activity import Activity, NotScaled, alarm_cause, limit_cause, schedule_cause
from autoscaling.alarm import AlarmMonitor, AlarmState
from autoscaling.assumptions import ASSUMED, Assumptions
from autoscaling.cooldown import Change, allowed
from autoscaling.metric import Metric
from autoscaling.schedule import ScheduledAction
from autoscaling.step_scaling import StepScaling
from autoscaling.target import ScalableTarget
from autoscaling.target_tracking import TargetTracking

Policy = TargetTracking | StepScaling


class Scaler:
    """A scalable target with policies and scheduled actions."""

    def __init__(
        self,
        target: ScalableTarget,
        policies: Iterable[Policy] = (),
        schedules: Iterable[ScheduledAction] = (),
        *,
        assumed: Assumptions = ASSUMED,
        now: float = 0.0,
    ) -> None:
        """Start with no change under way and every alarm without data.

        Args:
            target: the limits.
            policies: any number; with several, the largest capacity wins.
            schedules: actions that move the limits.
            assumed: undocumented behaviour.
            now: the driver's clock.
        """
        self.target = target
        self._assumed = assumed
        self._policies = {policy.name: policy for policy in policies}
        self._monitors = {
            alarm.name: (policy, AlarmMonitor(alarm, assumed, now))
            for policy in self._policies.values()
            for alarm in policy.alarms
        }
        self._schedules = {action.name: action for action in schedules}
        self._firing = {name: action.next_after(now) for name, action in self._schedules.items()}
        # (when, alarm): alarms on their way to their policy.
        self._messages: list[tuple[float, str]] = []
        self._last: Change | None = None
        self._changing = False
        self._up_since = -math.inf  # infinity while there is no capacity

    @property
    def metrics(self) -> frozenset[Metric]:
        """Metrics to record, a datapoint per period of each."""
        return frozenset(monitor.alarm.metric for _, monitor in self._monitors.values())

    @property
    def alarm_states(self) -> dict[str, AlarmState]:
        """The state of every alarm, by name."""
        return {name: monitor.state for name, (_, monitor) in self._monitors.items()}

    @property
    def due(self) -> float:
        """Time at which `advance` is due next; infinity for never."""
        times = [monitor.due for _, monitor in self._monitors.values()]
        times += [at for at in self._firing.values() if at is not None]
        times += [at for at, _ in self._messages[:1]]
        return min(times, default=float("inf"))

    def record(self, metric: Metric, end: float, value: float) -> None:
        """Take the datapoint of the period that ended at `end`."""
        for _, monitor in self._monitors.values():
            if monitor.alarm.metric == metric:
                monitor.record(end, value)

    def fulfilled(self, now: float) -> None:
        """Take note that the last change is in service: its cooldown starts, the lock ends."""
        self._changing = False
        if self._up_since == math.inf:
            self._up_since = now
        if self._last is not None and self._last.fulfilled_at is None:
            self._last = replace(self._last, fulfilled_at=now)

    def advance(self, now: float, capacity: int) -> list[Activity]:
        """Do everything due by `now`.

        Args:
            now: the driver's clock; not before the last call.
            capacity: desired units as last set.

        Returns:
            Decisions in order; the `after` of the last is the capacity to have.
        """
        if capacity == 0:
            self._up_since = math.inf
        elif self._up_since == math.inf and not self._changing:  # somebody else added it
            self._up_since = now
        activities = list(self._fire_schedules(now, capacity))
        within = self.target.clamp(capacity)
        if within != capacity and not self._locked:
            self._changing = True
            which: Literal["minimum", "maximum"] = "minimum" if within > capacity else "maximum"
            activities.append(self._activity(now, limit_cause(which, within), capacity, within))
            capacity = within
        for name, (_, monitor) in self._monitors.items():
            if monitor.due <= now and monitor.advance(now):
                heapq.heappush(self._messages, (now + self._assumed.reaction_delay, name))
        return activities + list(self._run_policies(now, capacity))

    @property
    def _locked(self) -> bool:
        return self._changing and self._assumed.locked_while_changing

    def _fire_schedules(self, now: float, capacity: int) -> Iterator[Activity]:
        """Set new limits; they take effect at once, whatever cools."""
        due = sorted(
            (at, name) for name, at in self._firing.items() if at is not None and at <= now
        )
        for at, name in due:
            action = self._schedules[name]
            self._firing[name] = action.next_after(now)
            if not self.target.suspended.scheduled:
                self.target = self.target.with_limits(action.min_capacity, action.max_capacity)
                limits = (self.target.min_capacity, self.target.max_capacity)
                fired = self._activity(at, schedule_cause(name), capacity, capacity)
                yield replace(fired, limits=limits)

    def _run_policies(self, now: float, capacity: int) -> Iterator[Activity]:
        """Run the policies of the alarms that have arrived, and take the largest capacity."""
        arrived = []
        while self._messages and self._messages[0][0] <= now:
            arrived.append(heapq.heappop(self._messages)[1])
        if arrived:
            wanted, alarm = max((self._wanted(alarm, capacity, now), alarm) for alarm in arrived)
            if not self._is_suspended(capacity, wanted):
                yield self._decide(now, capacity, wanted, alarm)

    def _wanted(self, alarm: str, capacity: int, now: float) -> int:
        policy, monitor = self._monitors[alarm]
        value = monitor.newest
        if value is None:
            return capacity
        if isinstance(policy, StepScaling):
            return policy.desired(capacity, value)
        if alarm == policy.high.name:
            return max(capacity, policy.desired(capacity, value, self._assumed))
        return self._wanted_by_all(capacity, now)

    def _wanted_by_all(self, capacity: int, now: float) -> int:
        """Return the capacity to scale in to: the most that a policy wants, once all agree.

        Target tracking "does not scale in when the specified metric has insufficient data".
        Datapoints from before there was no capacity say nothing of the traffic since.
        https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
        """
        wanted = 0
        for policy, monitor in self._monitors.values():
            if isinstance(policy, TargetTracking) and monitor.alarm.name == policy.low.name:
                takes_highest = self._assumed.scale_in_value == "highest"
                value = monitor.highest if takes_highest else monitor.newest
                is_known = now - self._up_since >= monitor.alarm.seconds
                if monitor.state is not AlarmState.ALARM or value is None or not is_known:
                    return capacity
                wanted = max(wanted, policy.desired(capacity, value, self._assumed))
        return min(wanted, capacity)

    def _is_suspended(self, capacity: int, wanted: int) -> bool:
        suspended = self.target.suspended
        return suspended.scale_out if wanted > capacity else suspended.scale_in

    def _decide(self, now: float, capacity: int, wanted: int, alarm: str) -> Activity:
        policy, _ = self._monitors[alarm]
        cause = alarm_cause(alarm, policy.name)
        after = allowed(capacity, self.target.clamp(wanted), self._last, now)
        if self._locked or after == capacity:
            reason = self._hindrance(capacity, wanted)
            return replace(self._activity(now, cause, capacity, capacity), not_scaled=reason)
        added = after - capacity
        if added > 0 and self._last is not None and self._last.added > 0 and self._last.cools(now):
            # Units of a cooling scale-out stay part of what the next one is measured by.
            added += self._last.added
        cooldown = policy.scale_out_cooldown if added > 0 else policy.scale_in_cooldown
        self._last = Change(added, cooldown)
        self._changing = True
        return self._activity(now, cause, capacity, after)

    def _hindrance(self, capacity: int, wanted: int) -> NotScaled:
        if self._locked:
            return "TargetServicePutResourceAsUnscalable"
        if wanted > capacity == self.target.max_capacity:
            return "AlreadyAtMaxCapacity"
        if wanted < capacity == self.target.min_capacity:
            return "AlreadyAtMinCapacity"
        return "AlreadyAtDesiredCapacity"

    def _activity(self, at: float, cause: str, before: int, after: int) -> Activity:
        return Activity(at=at, cause=cause, before=before, after=after, noun=self.target.noun)
