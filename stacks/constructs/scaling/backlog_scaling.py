"""Scaling of an endpoint with a queue, down to no instance."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.config import AsyncConfig
from stacks.constructs.scaling.alarm_step_policy import AlarmStepPolicy
from stacks.constructs.scaling.scalable_dimension import instances_of
from stacks.constructs.scaling.scalable_target import ScalableTarget

_Policy = autoscaling.CfnScalingPolicy
_MINUTE = 60


class BacklogScaling(Construct):
    """Three policies: up from zero, along with the backlog, and in when idle.

    Only the last of the three removes instances, because scaling in ends what runs on them:
    docs/decisions/0016-async-scales-in-when-idle.md. The metrics are those of
    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        variant: str,
        config: AsyncConfig,
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint_name = endpoint_name
        self._config = config
        self._target = ScalableTarget(
            self,
            "Target",
            capacity=instances_of(endpoint_name, variant),
            min_capacity=config.min_instances,
            max_capacity=config.max_instances,
        )
        self._scale_from_zero()
        self._track_backlog()
        self._scale_in_when_idle()

    def _scale_from_zero(self) -> None:
        """Add the first instance, as a backlog per instance says nothing without one."""
        AlarmStepPolicy(
            self,
            "Wake",
            target=self._target,
            policy_name="wake",
            alarm=self._alarm(
                "WaitingWithoutInstances",
                metric="HasBacklogWithoutCapacity",
                periods=1,
                comparison=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                threshold=1,
            ),
            adjustment_type=autoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
            adjustment=1,
            lower_bound=0,
            cooldown_seconds=self._config.scale_out_cooldown_seconds,
        )

    def _track_backlog(self) -> None:
        metric = _Policy.CustomizedMetricSpecificationProperty(
            namespace="AWS/SageMaker",
            metric_name="ApproximateBacklogSizePerInstance",
            dimensions=[
                _Policy.MetricDimensionProperty(name="EndpointName", value=self._endpoint_name)
            ],
            statistic="Average",
        )
        _Policy(
            self,
            "Backlog",
            policy_name="backlog",
            policy_type="TargetTrackingScaling",
            scaling_target_id=self._target.ref,
            target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=self._config.target_backlog_per_instance,
                scale_out_cooldown=self._config.scale_out_cooldown_seconds,
                disable_scale_in=True,
                customized_metric_specification=metric,
            ),
        )

    def _scale_in_when_idle(self) -> None:
        AlarmStepPolicy(
            self,
            "Go",
            target=self._target,
            policy_name="go",
            alarm=self._alarm(
                "Idle",
                metric="ApproximateBacklogSize",
                periods=self._config.scale_in_after_idle_seconds // _MINUTE,
                comparison=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
                threshold=0,
            ),
            adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
            adjustment=self._config.min_instances,
            upper_bound=0,
        )

    def _alarm(
        self,
        construct_id: str,
        *,
        metric: str,
        periods: int,
        comparison: cloudwatch.ComparisonOperator,
        threshold: float,
    ) -> cloudwatch.Alarm:
        """Go off once every minute of some holds; what is not known changes nothing."""
        return cloudwatch.Alarm(
            self,
            construct_id,
            metric=cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions_map={"EndpointName": self._endpoint_name},
                statistic="Maximum",
                period=Duration.seconds(_MINUTE),
            ),
            evaluation_periods=periods,
            comparison_operator=comparison,
            threshold=threshold,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
