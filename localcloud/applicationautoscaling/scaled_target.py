"""One scalable target under the rules of `autoscaling`: its metrics in, its capacity out."""

from __future__ import annotations

import copy
import logging
import time
import uuid
from typing import Any

from autoscaling import aws_shapes
from autoscaling.activity import Activity
from autoscaling.alarm import Alarm
from autoscaling.scaler import Policy, Scaler
from autoscaling.target_tracking import TargetTracking
from localcloud import ministack_hooks
from localcloud.applicationautoscaling.registry import Registrations, TargetKey
from localcloud.awsjson.shapes import Document
from localcloud.clock import Clock
from localcloud.cloudwatch import Datapoints
from localcloud.ministack_hooks import Metrics

logger = logging.getLogger(__name__)

_STATE_OF_ALARM = ("StateValue", "StateReason", "StateUpdatedTimestamp", "StateReasonData")


class ScaledTarget:
    """The scaler of a registered target, made again when the definition changes."""

    def __init__(self, key: TargetKey, kept: Registrations, metrics: Metrics, clock: Clock) -> None:
        self._key = key
        self._kept = kept
        self._metrics = metrics
        self._clock = clock
        self._definition: Any = None
        self._datapoints = Datapoints(metrics, clock)
        # Alarm names in CloudWatch of target tracking, by the rules' names.
        self._names: dict[str, str] = {}
        # The activity whose change is under way.
        self._pending: Document | None = None
        # The capacity that change leads to.
        self._wanted = 0
        self._scaler = Scaler(aws_shapes.scalable_target(kept.targets[key]))

    def step(self, now: float, capacity: int | None, failure: str | None = None) -> int | None:
        """Do what is due.

        Args:
            now: By the driver's clock.
            capacity: Desired capacity; None while it cannot be changed.
            failure: Reason why the last change failed.

        Returns:
            The capacity to have, where it is another one.
        """
        self._refresh(now)
        self._record(now)
        if capacity is None:
            return None
        if self._pending:
            self.changed("" if capacity == self._wanted else failure or "It was changed again.")
        wanted = capacity
        for activity in self._scaler.advance(now, capacity):
            self._note(activity)
            wanted = activity.after
        self._show_alarms()
        self._wanted = wanted
        return None if wanted == capacity else wanted

    def changed(self, failure: str) -> None:
        """Take note that the change is made, or why it is not."""
        self._scaler.fulfilled(self._clock.now())
        if self._pending:
            status = {"StatusCode": "Failed", "StatusMessage": failure} if failure else {}
            self._pending |= {"StatusCode": "Successful", "EndTime": time.time(), **status}
            self._pending = None

    def close(self) -> None:
        """Delete the alarms that were made for the target."""
        for name in self._names.values():
            self._metrics.delete_alarm(name)

    def _refresh(self, now: float) -> None:
        """Follow changes of the target, of policies, alarms and scheduled actions."""
        self._scaler.target = aws_shapes.scalable_target(self._kept.targets[self._key])
        policies = [one for item, one in self._kept.policies.items() if item.target == self._key]
        actions = [one for item, one in self._kept.actions.items() if item.target == self._key]
        alarms = {
            policy["PolicyARN"]: [
                {name: value for name, value in alarm.items() if name not in _STATE_OF_ALARM}
                for alarm in self._metrics.alarms_of(policy["PolicyARN"])
            ]
            for policy in policies
            if policy["PolicyType"] == "StepScaling"
        }
        definition = (policies, actions, alarms)
        if definition == self._definition:
            return
        self._definition = copy.deepcopy(definition)
        self.close()
        self._names = {}
        self._scaler = Scaler(
            self._scaler.target,
            [rule for policy in policies for rule in self._rules(policy, alarms)],
            [aws_shapes.scheduled_action(action) for action in actions],
            now=now,
        )

    def _rules(self, policy: Document, alarms: dict[str, list[Document]]) -> list[Policy]:
        try:
            if policy["PolicyType"] == "TargetTrackingScaling":
                tracking = aws_shapes.target_tracking(policy)
                self._make_alarms(policy, tracking)
                return [tracking]
            found = [aws_shapes.metric_alarm(alarm) for alarm in alarms[policy["PolicyARN"]]]
            if len(found) > 1:
                logger.warning("%s: only the first alarm is run", policy["PolicyName"])
            return [aws_shapes.step_scaling(policy, alarm) for alarm in found[:1]]
        except (KeyError, ValueError) as error:
            logger.warning("policy %s is not run: %s", policy["PolicyName"], error)
            return []

    def _make_alarms(self, policy: Document, tracking: TargetTracking) -> None:
        for alarm, named in zip(tracking.alarms, policy["Alarms"], strict=True):
            self._names[alarm.name] = named["AlarmName"]
            self._metrics.put_alarm(_document(alarm, named, policy["PolicyARN"]))

    def _record(self, now: float) -> None:
        """Hand every datapoint to the rules as soon as an alarm can see it."""
        for metric, end, value in self._datapoints.new(self._scaler.metrics, now):
            self._scaler.record(metric, end, value)

    def _note(self, activity: Activity) -> None:
        """Keep an activity for `DescribeScalingActivities`."""
        cause = activity.cause
        for ours, theirs in self._names.items():
            cause = cause.replace(ours, theirs)
        target = self._kept.targets[self._key]
        if activity.limits:
            target["MinCapacity"], target["MaxCapacity"] = activity.limits
        kept: Document = {
            **dict(zip(TargetKey.members(), self._key, strict=True)),
            "ActivityId": str(uuid.uuid4()),
            "Cause": cause,
            "Description": activity.description,
            "StartTime": time.time(),
            "StatusCode": "Successful",
            "StatusMessage": activity.status_message,
        }
        if activity.not_scaled:
            reason = {"Code": activity.not_scaled, "CurrentCapacity": activity.before}
            limits = {name: target[name] for name in ("MinCapacity", "MaxCapacity")}
            kept |= {"StatusCode": "Unfulfilled", "NotScaledReasons": [{**reason, **limits}]}
            del kept["StatusMessage"]
        elif activity.changes_capacity:
            kept["StatusCode"] = "InProgress"
            self._pending = kept
        self._kept.activities.appendleft(kept)

    def _show_alarms(self) -> None:
        for name, state in self._scaler.alarm_states.items():
            shown = self._names.get(name, name)
            reason = "evaluated by the rules of Application Auto Scaling"
            self._metrics.set_alarm_state(shown, state.value, reason, int(time.time()))


def _document(alarm: Alarm, named: Document, policy: str) -> ministack_hooks.Alarm:
    metric = alarm.metric
    return {
        "AlarmName": named["AlarmName"],
        "AlarmArn": named["AlarmARN"],
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy}.",
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        "Statistic": metric.statistic,
        "Period": metric.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "Threshold": alarm.threshold,
        "ComparisonOperator": alarm.comparison.value,
        "TreatMissingData": alarm.missing_data.value,
        "AlarmActions": [policy],
    }
