"""A capacity within limits, as Application Auto Scaling sees it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from stacks.config import ScalingScheduleConfig
from stacks.constructs.scaling.scalable_dimension import ScalableDimension

_Target = autoscaling.CfnScalableTarget


class ScalableTarget(autoscaling.CfnScalableTarget):
    """A target without a role: Application Auto Scaling uses the service-linked role.

    Attributes:
        registered: the same for CDK's own policies. Given the resource itself, its step action
            keeps but the first of its id's three parts.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        capacity: ScalableDimension,
        min_capacity: int,
        max_capacity: int,
        schedules: Sequence[ScalingScheduleConfig] = (),
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            service_namespace="sagemaker",
            scalable_dimension=capacity.dimension,
            resource_id=capacity.resource_id,
            min_capacity=min_capacity,
            max_capacity=max_capacity,
            scheduled_actions=[_action(schedule) for schedule in schedules] or None,
        )
        self.registered = autoscaling.ScalableTarget.from_scalable_target_attributes(
            self,
            "Registered",
            scalable_target_id=self.ref,
            scalable_dimension=self.scalable_dimension,
            service_namespace=self.service_namespace,
        )


def _action(
    schedule: ScalingScheduleConfig,
) -> autoscaling.CfnScalableTarget.ScheduledActionProperty:
    return _Target.ScheduledActionProperty(
        scheduled_action_name=schedule.name,
        schedule=schedule.schedule,
        timezone=schedule.timezone,
        scalable_target_action=_Target.ScalableTargetActionProperty(
            min_capacity=schedule.min_instances, max_capacity=schedule.max_instances
        ),
    )
