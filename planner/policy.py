"""Scaling policies to compare: named ones, a stage's own, and the config section that makes one."""

from dataclasses import dataclass

from autoscaling.alarm import Alarm, Comparison
from autoscaling.assumptions import ASSUMED, Assumptions
from autoscaling.metric import Metric
from autoscaling.scaler import Policy, Scaler
from autoscaling.schedule import ScheduledAction
from autoscaling.step_scaling import Step, StepScaling
from autoscaling.target import ScalableTarget
from autoscaling.target_tracking import TargetTracking
from planner.errors import PlanError
from stacks.config import AutoscalingConfig

METRICS = {
    "concurrency": Metric(namespace="AWS/SageMaker", name="ConcurrentRequestsPerModel", period=10),
    "invocations": Metric(
        namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum", period=60
    ),
    "queued": Metric(namespace="Twin", name="QueuedRequestsPerInstance", period=60),
    "kv-cache": Metric(namespace="Twin", name="KvCacheUse", period=60),
}
"""What a policy can follow: the first two are SageMaker's, the others published by the engine."""

NO_CAPACITY = Metric(
    namespace="AWS/SageMaker", name="NoCapacityInvocationFailures", statistic="Maximum", period=30
)
DEFAULT_MOST = 30


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
    """

    name: str
    min_instances: int = 1
    max_instances: int = DEFAULT_MOST
    metric: str | None = "concurrency"
    target: float = 5.0
    scale_in_cooldown: float = 300
    scale_out_cooldown: float = 300
    schedules: tuple[ScheduledAction, ...] = ()

    def __post_init__(self) -> None:
        if self.metric is not None and self.metric not in METRICS:
            known = ", ".join(METRICS)
            raise PlanError(
                f"policy {self.name}: metric: got {self.metric!r}; must be one of {known}"
            )
        if not 0 <= self.min_instances <= self.max_instances or self.max_instances == 0:
            raise PlanError(
                f"policy {self.name}: got {self.min_instances} to {self.max_instances} instances; "
                "must rise, from 0 or more to 1 or more"
            )
        if self.target <= 0:
            raise PlanError(f"policy {self.name}: target: got {self.target}; must be above 0")

    def check_reachable(self, most_requests_per_second: float) -> None:
        """Refuse a target that an instance never reaches.

        Args:
            most_requests_per_second: that one instance bears.

        Raises:
            PlanError: the metric cannot rise above the target, so nothing would ever scale out.
        """
        most = {"kv-cache": 1.0}.get(self.metric or "", float("inf"))
        if self.metric == "invocations":
            most = 60 * most_requests_per_second
        if self.target >= most and self.max_instances > self.min_instances:
            raise PlanError(
                f"policy {self.name}: target: got {self.target:g} {self.metric} per instance, "
                f"which can never be reached; must be below {most:.4g}"
            )

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

    def to_toml(self) -> str:
        """Return the config section that makes this policy."""
        lines = [
            "[realtime.autoscaling]",
            f"min_instances = {self.min_instances}",
            f"max_instances = {self.max_instances}",
        ]
        if self.metric is not None:
            lines += [f'metric = "{self.metric}"', f"target = {self.target:g}"]
        lines += [
            f"scale_in_cooldown_seconds = {self.scale_in_cooldown:.0f}",
            f"scale_out_cooldown_seconds = {self.scale_out_cooldown:.0f}",
        ]
        return "\n".join([*lines, *map(_schedule_toml, self.schedules)]) + "\n"


def _schedule_toml(action: ScheduledAction) -> str:
    limits = (("min_instances", action.min_capacity), ("max_instances", action.max_capacity))
    return "\n".join(
        [
            "\n[[realtime.autoscaling.schedules]]",
            f'name = "{action.name}"',
            f'schedule = "{action.schedule}"',
            f'timezone = "{action.timezone}"',
            *(f"{key} = {value}" for key, value in limits if value is not None),
        ]
    )


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


def from_config(config: AutoscalingConfig) -> ScalingPlan:
    """Return a stage's own policy."""
    return ScalingPlan(
        name="config",
        min_instances=config.min_instances,
        max_instances=config.max_instances,
        target=config.target,
        scale_in_cooldown=config.scale_in_cooldown_seconds,
        scale_out_cooldown=config.scale_out_cooldown_seconds,
    )


_NAMED = {
    # LLM Engineer's Handbook, chapter 10: InvocationsPerCopy 5, 1 to 6 copies, 200 s. Its code:
    # https://github.com/PacktPublishing/LLM-Engineers-Handbook
    "book": ScalingPlan(
        name="book",
        max_instances=6,
        metric="invocations",
        target=5,
        scale_in_cooldown=200,
        scale_out_cooldown=200,
    ),
    # AWS's notebook: concurrency 5, default cooldowns; its maximum of 2 is lifted.
    # https://github.com/aws/amazon-sagemaker-examples, sm-app_autoscaling_realtime_endpoints.ipynb
    "aws-sample": ScalingPlan(name="aws-sample"),
}


def _load_test(most_requests_per_second: float) -> ScalingPlan:
    """AWS's rule: the most requests per second an instance bears, x 0.5 x 60.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html
    """
    target = round(most_requests_per_second * 0.5 * 60)
    return ScalingPlan(name="load-test", metric="invocations", target=max(1, target))


def preset(name: str, most_requests_per_second: float) -> ScalingPlan:
    """Return a policy by name: book, aws-sample, load-test, fixed:N or METRIC:TARGET.

    Args:
        name: of the policy.
        most_requests_per_second: that one instance bears, for the load-test rule.

    Raises:
        PlanError: there is none of that name.
    """
    kind, _, value = name.partition(":")
    try:
        if name in _NAMED:
            return _NAMED[name]
        if name == "load-test":
            return _load_test(most_requests_per_second)
        if kind == "fixed":
            count = int(value)
            return ScalingPlan(name=name, min_instances=count, max_instances=count, metric=None)
        if kind in METRICS:
            return ScalingPlan(name=name, metric=kind, target=float(value))
    except ValueError as error:
        raise PlanError(f"policy: got {name!r}; must end in a number") from error
    known = ", ".join(
        [*_NAMED, "load-test", "fixed:N", *(f"{metric}:TARGET" for metric in METRICS)]
    )
    raise PlanError(f"policy: got {name!r}; must be one of {known}")
