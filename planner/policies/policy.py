"""A scaling policy to simulate: the limits, the metric and the schedules of one scalable target."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from autoscaling.alarm import Alarm, Comparison
from autoscaling.assumptions import ASSUMED, Assumptions
from autoscaling.metric import Metric
from autoscaling.scaler import Policy, Scaler
from autoscaling.schedule import ScheduledAction
from autoscaling.step_scaling import Step, StepScaling
from autoscaling.target import ScalableTarget
from autoscaling.target_tracking import TargetTracking
from planner.errors import PlanError

ENGINE = "engine"
"""Namespace, in a simulation, of the metrics that only the engine knows."""

METRICS = {
    "concurrency": Metric(namespace="AWS/SageMaker", name="ConcurrentRequestsPerModel", period=10),
    "invocations": Metric(
        namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum", period=60
    ),
    "queued-requests": Metric(namespace=ENGINE, name="QueuedRequestsPerInstance", period=60),
    "kv-cache-use": Metric(namespace=ENGINE, name="KvCacheUse", period=60),
}
"""Metrics that a policy can follow, by the names of [realtime.autoscaling]."""

NO_CAPACITY = Metric(
    namespace="AWS/SageMaker", name="NoCapacityInvocationFailures", statistic="Maximum", period=30
)
DEFAULT_MOST = 30
MOST_INSTANCES = 1000


@dataclass(frozen=True, kw_only=True)
class ScalingPlan:
    """[realtime.autoscaling], as far as it decides how many instances there are.

    Attributes:
        name: in reports.
        min_instances: fewest; 0 makes the endpoint scale to zero.
        max_instances: most.
        metric: a key of METRICS; None is a fixed count.
        target: value of the metric per instance.
        scale_in_cooldown: seconds.
        scale_out_cooldown: seconds.
        schedules: moves of the limits.
        initial_instances: in service when the traffic begins; None is as many as its first minutes
            need.
    """

    name: str
    min_instances: int = 1
    max_instances: int = DEFAULT_MOST
    metric: str | None = "concurrency"
    target: float = 5.0
    scale_in_cooldown: float = 300
    scale_out_cooldown: float = 300
    schedules: tuple[ScheduledAction, ...] = ()
    initial_instances: int | None = None

    def __post_init__(self) -> None:
        if self.metric is not None and self.metric not in METRICS:
            known = ", ".join(METRICS)
            raise PlanError(
                f"policy {self.name}: metric: got {self.metric!r}; must be one of {known}"
            )
        least, most = self.min_instances, self.max_instances
        if not 0 <= least <= most <= MOST_INSTANCES or most == 0:
            raise PlanError(
                f"policy {self.name}: got {least} to {most} instances; "
                f"must rise, from 0 or more to 1 or more, at most {MOST_INSTANCES}"
            )
        if not (self.target > 0 and isfinite(self.target)):
            raise PlanError(f"policy {self.name}: target: got {self.target}; must be above 0")

    @property
    def scales(self) -> bool:
        """True where the count can change at all."""
        return self.max_instances > self.min_instances

    def scaler(self, now: float, assumed: Assumptions = ASSUMED) -> Scaler:
        """Return the rules at work from `now` on."""
        target = ScalableTarget(min_capacity=self.min_instances, max_capacity=self.max_instances)
        return Scaler(target, self._policies(), self.schedules, assumed=assumed, now=now)

    def _policies(self) -> list[Policy]:
        policies: list[Policy] = []
        if self.metric is not None:
            policies.append(
                TargetTracking(
                    name=self.metric,
                    metric=METRICS[self.metric],
                    target=self.target,
                    scale_in_cooldown=self.scale_in_cooldown,
                    scale_out_cooldown=self.scale_out_cooldown,
                )
            )
        if self.min_instances == 0:
            policies.append(_wake())
        return policies


def _wake() -> StepScaling:
    """Return the step policy from zero to one; exact, as retries would add a second instance."""
    alarm = Alarm(
        name="no-capacity",
        metric=NO_CAPACITY,
        comparison=Comparison.GREATER_OR_EQUAL,
        threshold=1,
        evaluation_periods=1,
    )
    return StepScaling(
        name="wake",
        alarm=alarm,
        adjustment_type="ExactCapacity",
        steps=(Step(lower=0, adjustment=1),),
        cooldown=60,
    )
