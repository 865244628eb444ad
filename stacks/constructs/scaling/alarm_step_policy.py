"""The step scaling policy of one alarm."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from stacks.constructs.scaling.scalable_target import ScalableTarget


class AlarmStepPolicy(autoscaling.StepScalingAction):
    """A policy of one step, on the side of the alarm's threshold where the step is bounded."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        target: ScalableTarget,
        policy_name: str,
        alarm: cloudwatch.Alarm,
        adjustment_type: autoscaling.AdjustmentType,
        adjustment: int,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        cooldown_seconds: int = 60,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            scaling_target=target.registered,
            policy_name=policy_name,
            adjustment_type=adjustment_type,
            cooldown=Duration.seconds(cooldown_seconds),
        )
        self.add_adjustment(adjustment=adjustment, lower_bound=lower_bound, upper_bound=upper_bound)
        alarm.add_alarm_action(actions.ApplicationScalingAction(self))
