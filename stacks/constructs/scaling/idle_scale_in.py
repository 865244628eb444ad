"""The end of capacity that no request uses, whatever the metric of scaling says."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs.scaling.alarm_step_policy import AlarmStepPolicy
from stacks.constructs.scaling.scalable_target import ScalableTarget

_MINUTE = 60


class IdleScaleIn(Construct):
    """An alarm on minutes without a request, and a step to the least capacity.

    An exact capacity stays within the target's limits of the moment, so that a schedule's minimum
    holds: docs/decisions/0107-a-budget-tells-and-an-idle-alarm-scales-in.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        target: ScalableTarget,
        dimensions: Mapping[str, str],
        minutes: int,
        least: int,
        probes: int,
    ) -> None:
        """Add the alarm.

        Args:
            scope: parent.
            construct_id: its id there.
            target: the capacity.
            dimensions: of SageMaker's metrics of the endpoint.
            minutes: without a request.
            least: capacity to go to.
            probes: requests of a minute that are the probe's own.
        """
        super().__init__(scope, construct_id)
        alarm = cloudwatch.Alarm(
            self,
            "Idle",
            metric=cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name="Invocations",
                dimensions_map=dict(dimensions),
                statistic="Sum",
                period=Duration.seconds(_MINUTE),
            ),
            evaluation_periods=minutes,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=probes,
            # A minute without a request has no data point.
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        AlarmStepPolicy(
            self,
            "Rest",
            target=target,
            policy_name="rest",
            alarm=alarm,
            adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
            adjustment=least,
            upper_bound=0,
        )
