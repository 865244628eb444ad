"""Scaling of an inference component, down to no copy."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.config import AutoscalingConfig
from stacks.constructs.scaling.alarm_step_policy import AlarmStepPolicy
from stacks.constructs.scaling.realtime_scaling import RealtimeScaling
from stacks.constructs.scaling.scalable_dimension import copies_of

_PERIOD_SECONDS = 30


class ComponentScaling(RealtimeScaling):
    """Scaling of copies, and the start of the first for a request that met none.

    No metric per copy says anything without a copy, so that start takes a step policy:
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        component: str,
        adapters: Sequence[str] = (),
        scaling: AutoscalingConfig,
        endpoint_name: str,
        namespace: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            capacity=copies_of(component),
            scaling=scaling,
            endpoint_name=endpoint_name,
            namespace=namespace,
        )
        self._wake("", component)
        for adapter in adapters:
            # SageMaker counts by the component that a request names.
            self._wake(f"-{adapter}", adapter)

    def _wake(self, suffix: str, component: str) -> None:
        AlarmStepPolicy(
            self,
            f"Wake{suffix}",
            target=self.target,
            policy_name=f"wake{suffix}",
            alarm=self._refused(f"RefusedWithoutCopies{suffix}", component),
            # Callers that try again while the first copy starts must not get a second one.
            adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
            adjustment=1,
            lower_bound=0,
        )

    def _refused(self, construct_id: str, component: str) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            construct_id,
            metric=cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name="NoCapacityInvocationFailures",
                dimensions_map={"InferenceComponentName": component},
                statistic="Maximum",
                period=Duration.seconds(_PERIOD_SECONDS),
            ),
            evaluation_periods=1,
            datapoints_to_alarm=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=1,
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
