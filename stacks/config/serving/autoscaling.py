"""The [realtime.autoscaling] section: the instance count, its metric and its schedules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from stacks.config.section import Section
from stacks.config.serving.host import Cooldown, Count
from stacks.config.serving.schedule import Expression, OwnNames, ScheduleName, TimeZone

Metric = Literal["concurrency", "invocations", "queued-requests", "kv-cache-use"]
Limit = Annotated[int, Field(ge=0, le=100)]


class ScalingScheduleConfig(Section):
    """[[realtime.autoscaling.schedules]]: other limits from a time on, until the next schedule.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html

    Attributes:
        name: name of the schedule, its own within the stage. Sets
            AWS::ApplicationAutoScaling::ScalableTarget.ScheduledActionName.
        schedule: time or recurrence, like `at(2030-01-31T08:00:00)`, `rate(1 day)` or `cron(0 8 ? *
            MON-FRI *)`. Sets AWS::ApplicationAutoScaling::ScalableTarget.Schedule.
        timezone: IANA time zone of at and cron. Sets
            AWS::ApplicationAutoScaling::ScalableTarget.Timezone.
        min_instances: fewest instances from then on, within the section's limits; left out, as
            before. Sets AWS::ApplicationAutoScaling::ScalableTarget.ScalableTargetAction.
        max_instances: most instances from then on, within the section's limits; left out, as
            before. Sets AWS::ApplicationAutoScaling::ScalableTarget.ScalableTargetAction.
    """

    name: ScheduleName
    schedule: Expression
    timezone: TimeZone = "UTC"
    min_instances: Limit | None = None
    max_instances: Limit | None = None

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        least, most = self.min_instances, self.max_instances
        if least is None and most is None:
            raise ValueError("min_instances: missing; must be set, or max_instances, or both")
        if least is not None and most is not None and most < least:
            raise ValueError(f"max_instances: got {most}; must be at least min_instances ({least})")
        return self

    def conflicts(self, earlier: ScalingScheduleConfig) -> Iterator[str]:
        """Yield the problem of a schedule with one limit that an earlier schedule rules out."""
        least, most = self.min_instances, self.max_instances
        if most is None and _above(least, earlier.max_instances):
            yield (
                f"min_instances: got {least}; must be at most {earlier.max_instances}, the "
                f"max_instances that schedule {earlier.name!r} leaves, or come with its own"
            )
        if least is None and _above(earlier.min_instances, most):
            yield (
                f"max_instances: got {most}; must be at least {earlier.min_instances}, the "
                f"min_instances that schedule {earlier.name!r} leaves, or come with its own"
            )


def _above(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one > other


class InstanceScaleInConfig(Section):
    """[realtime.autoscaling.instance_scale_in]: the end of instances with no or few copies.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantManagedInstanceScalingScaleInPolicy.html

    Attributes:
        strategy: "idle-release" lets instances without a copy go, "consolidation" also moves copies
            together. Sets AWS::SageMaker::EndpointConfig.ScaleInPolicy.
        max_step: most instances that one consolidation lets go; left out, 1. Sets
            AWS::SageMaker::EndpointConfig.MaximumStepSize.
        cooldown_minutes: pause before a consolidation; left out, 20. Sets
            AWS::SageMaker::EndpointConfig.CooldownInMinutes.
    """

    strategy: Literal["idle-release", "consolidation"] = "idle-release"
    max_step: Annotated[int, Field(ge=1, le=100)] | None = None
    cooldown_minutes: Annotated[int, Field(ge=5, le=1440)] | None = None

    @model_validator(mode="after")
    def _values_are_used(self) -> Self:
        unused = ("max_step", "cooldown_minutes") if self.strategy == "idle-release" else ()
        problems = [
            f"{key}: got {getattr(self, key)}; must be left out unless strategy is 'consolidation'"
            for key in unused
            if getattr(self, key) is not None
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self


class AutoscalingConfig(Section):
    """[realtime.autoscaling]: limits, metric and target of the instance count.

    Attributes:
        min_instances: fewest instances, at least 1; 0 with scale_to_zero. Sets
            AWS::ApplicationAutoScaling::ScalableTarget.MinCapacity.
        max_instances: most instances. Sets AWS::ApplicationAutoScaling::ScalableTarget.MaxCapacity.
        metric: metric to follow: "concurrency" (requests in flight or waiting, every 10 s),
            "invocations" (requests a minute), "queued-requests" (those waiting in the engine) or
            "kv-cache-use" (share of the engine's cache, 0 to 1). Sets
            AWS::ApplicationAutoScaling::ScalingPolicy.PredefinedMetricSpecification or
            AWS::ApplicationAutoScaling::ScalingPolicy.CustomizedMetricSpecification.
        target: value of the metric per instance to keep to. Sets
            AWS::ApplicationAutoScaling::ScalingPolicy.TargetValue.
        scale_in_cooldown_seconds: pause after removing instances. Sets
            AWS::ApplicationAutoScaling::ScalingPolicy.ScaleInCooldown.
        scale_out_cooldown_seconds: pause after adding instances. Sets
            AWS::ApplicationAutoScaling::ScalingPolicy.ScaleOutCooldown.
        scale_to_zero: true for an endpoint that keeps no instance when idle; the model is then
            deployed as an inference component:
            docs/decisions/0032-what-goes-to-zero-is-a-component.md. Sets
            AWS::SageMaker::InferenceComponent.ModelName and TWIN_INFERENCE_COMPONENT_NAME.
        instance_scale_in: the way instances go after their copies; only with scale_to_zero.
        schedules: other limits at known times, until the next schedule.
    """

    min_instances: Limit = 1
    max_instances: Count = 1
    metric: Metric = "concurrency"
    target: Annotated[float, Field(gt=0, le=100_000, strict=False)] = 5
    scale_in_cooldown_seconds: Cooldown = 300
    scale_out_cooldown_seconds: Cooldown = 60
    scale_to_zero: bool = False
    instance_scale_in: InstanceScaleInConfig | None = None
    # Application Auto Scaling keeps at most 200 for one target.
    schedules: Annotated[list[ScalingScheduleConfig], OwnNames] = Field(
        default_factory=list, max_length=200
    )

    @model_validator(mode="before")
    @classmethod
    def _rest_at_zero(cls, table: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(table, dict) and table.get("scale_to_zero") is True:
            return {"min_instances": 0, **table}
        return table

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        problems = [*self._limit_problems(), *self._schedule_problems()]
        if self.metric == "kv-cache-use" and self.target >= 1:
            problems.append(
                f"target: got {self.target:g}; must be below 1 with metric 'kv-cache-use', which "
                "is a share that never exceeds it"
            )
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _limit_problems(self) -> Iterator[str]:
        least, most = self.min_instances, self.max_instances
        if self.scale_to_zero and least > 0:
            yield f"min_instances: got {least}; must be 0 or left out with scale_to_zero"
        if not self.scale_to_zero and least == 0:
            yield (
                "min_instances: got 0; must be at least 1 unless scale_to_zero is true: a variant "
                "that holds its model keeps one instance"
            )
        if most < least:
            yield f"max_instances: got {most}; must be at least min_instances ({least})"
        if self.instance_scale_in is not None and not self.scale_to_zero:
            yield (
                "instance_scale_in: must be left out unless scale_to_zero is true: without copies "
                "to place, the instances are what scales"
            )

    def _schedule_problems(self) -> Iterator[str]:
        least, most = self.min_instances, self.max_instances
        for place, schedule in enumerate(self.schedules):
            where = f"schedules.{place}"
            for key in ("min_instances", "max_instances"):
                value = getattr(schedule, key)
                if value is not None and not least <= value <= most:
                    yield (
                        f"{where}.{key}: got {value}; must be from min_instances ({least}) to "
                        f"max_instances ({most})"
                    )
            for other in self.schedules:
                yield from (f"{where}.{problem}" for problem in schedule.conflicts(other))
