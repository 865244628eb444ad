"""Target tracking: adding fast and removing slowly keeps a metric near a target."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autoscaling.alarm import Alarm, Comparison
from autoscaling.assumptions import ASSUMED, Assumptions
from autoscaling.metric import Metric

# What the two alarms ask for: 3 datapoints, of a minute or of 10 seconds, above the target; 15
# minutes of them below 0.9 of it. https://repost.aws/questions/QUf450Wsd9RROGGOIwaolN9w
_HIGH_DATAPOINTS = 3
_LOW_SECONDS = 900
_LOW_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class TargetTracking:
    """A target tracking policy and the two alarms it creates.

    https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html

    Attributes:
        name: policy name, unique among the policies of a target.
        metric: utilization per unit of capacity: it falls as capacity grows.
        target: value to keep the metric at; above 0.
        scale_out_cooldown: seconds after a scale-out; SageMaker's default is 300.
        scale_in_cooldown: seconds after a scale-in; SageMaker's default is 300.
        disable_scale_in: only ever add capacity.
    """

    name: str
    metric: Metric
    target: float
    scale_out_cooldown: float = 300
    scale_in_cooldown: float = 300
    disable_scale_in: bool = False

    def __post_init__(self) -> None:
        if not (self.target > 0 and math.isfinite(self.target)):
            raise ValueError(f"target: got {self.target}; must be above 0")

    @property
    def high(self) -> Alarm:
        """AlarmHigh: above the target, 3 datapoints of 3."""
        return Alarm(
            name=f"TargetTracking-{self.name}-AlarmHigh",
            metric=self.metric,
            comparison=Comparison.GREATER,
            threshold=self.target,
            evaluation_periods=_HIGH_DATAPOINTS,
        )

    @property
    def low(self) -> Alarm:
        """AlarmLow: below 0.9 of the target for 15 minutes, every datapoint."""
        return Alarm(
            name=f"TargetTracking-{self.name}-AlarmLow",
            metric=self.metric,
            comparison=Comparison.LESS,
            threshold=_LOW_SHARE * self.target,
            evaluation_periods=max(1, _LOW_SECONDS // self.metric.period),
        )

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Alarms that AWS creates and deletes with the policy."""
        return (self.high,) if self.disable_scale_in else (self.high, self.low)

    def desired(self, capacity: int, value: float, assumed: Assumptions = ASSUMED) -> int:
        """Return the capacity that brings the metric to the target.

        Proportional and rounded up, so that it neither adds too little nor removes too much.

        Args:
            capacity: units in service, over which `value` is an average. At zero, a metric that
                still has values is that of one unit (a backlog): what exceeds the target scales
                out from zero.
                https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
            value: the metric.
            assumed: how far one scale-in may go.
        """
        # The tolerance keeps 3 x 10 / 5 at 6 where floats make it 6.000000000000001.
        wanted = math.ceil(max(capacity, 1) * value / self.target - 1e-9)
        if assumed.scale_in_step is not None:
            wanted = max(wanted, capacity - assumed.scale_in_step)
        return wanted
