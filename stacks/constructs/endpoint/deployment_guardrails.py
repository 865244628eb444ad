"""Deployment guardrails: the move of traffic to a new model, and the alarms that undo it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.config import DeploymentConfig

_Policy = sagemaker.CfnEndpoint
_Component = sagemaker.CfnInferenceComponent
_STEP = {"canary": "canary_size", "linear": "linear_step_size"}


class DeploymentGuardrails(Construct):
    """A deployment watched by alarms on errors and first chunks, of a variant or of a component."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dimensions: dict[str, str],
        deployment: DeploymentConfig,
    ) -> None:
        super().__init__(scope, construct_id)
        self._dimensions = dimensions
        self._deployment = deployment
        alarms = [
            self._alarm(
                "Errors",
                metric="Invocation5XXErrors",
                statistic="Sum",
                threshold=deployment.max_errors_per_minute,
                periods=1,
            ),
            self._alarm(
                "FirstChunk",
                metric="FirstChunkModelLatency",
                statistic="p90",
                threshold=deployment.max_first_chunk_seconds * 1_000_000,  # in microseconds
                periods=3,
            ),
        ]
        self._alarm_names = [alarm.alarm_name for alarm in alarms]

    def of_endpoint(self) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        """Return how an endpoint moves its traffic to new instances."""
        alarms = [_Policy.AlarmProperty(alarm_name=name) for name in self._alarm_names]
        rolls = self._deployment.strategy == "rolling"
        return _Policy.DeploymentConfigProperty(
            rolling_update_policy=_in_batches(self._deployment) if rolls else None,
            blue_green_update_policy=None if rolls else _in_a_second_fleet(self._deployment),
            auto_rollback_configuration=_Policy.AutoRollbackConfigProperty(alarms=alarms),
        )

    def of_component(self) -> _Component.InferenceComponentDeploymentConfigProperty:
        """Return how an inference component replaces its copies."""
        alarms = [_Component.AlarmProperty(alarm_name=name) for name in self._alarm_names]
        return _Component.InferenceComponentDeploymentConfigProperty(
            rolling_update_policy=_Component.InferenceComponentRollingUpdatePolicyProperty(
                maximum_batch_size=_Component.InferenceComponentCapacitySizeProperty(
                    type="CAPACITY_PERCENT", value=self._deployment.step_percent
                ),
                wait_interval_in_seconds=self._deployment.wait_seconds,
            ),
            auto_rollback_configuration=_Component.AutoRollbackConfigurationProperty(alarms=alarms),
        )

    def _alarm(
        self, construct_id: str, *, metric: str, statistic: str, threshold: float, periods: int
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            construct_id,
            metric=cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name=metric,
                dimensions_map=self._dimensions,
                statistic=statistic,
                period=Duration.minutes(1),
            ),
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            # An endpoint without traffic publishes nothing, and that is not a fault.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _in_batches(deployment: DeploymentConfig) -> sagemaker.CfnEndpoint.RollingUpdatePolicyProperty:
    return _Policy.RollingUpdatePolicyProperty(
        maximum_batch_size=_share(deployment),
        # Left out, all of the old instances would come back at once, and double the fleet.
        rollback_maximum_batch_size=_share(deployment),
        wait_interval_in_seconds=deployment.wait_seconds,
    )


def _in_a_second_fleet(
    deployment: DeploymentConfig,
) -> sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty:
    step = _STEP.get(deployment.strategy)
    return _Policy.BlueGreenUpdatePolicyProperty(
        traffic_routing_configuration=_Policy.TrafficRoutingConfigProperty(
            type=deployment.strategy.replace("-", "_").upper(),
            wait_interval_in_seconds=deployment.wait_seconds,
            **({step: _share(deployment)} if step else {}),
        ),
        termination_wait_in_seconds=deployment.termination_wait_seconds,
    )


def _share(deployment: DeploymentConfig) -> sagemaker.CfnEndpoint.CapacitySizeProperty:
    return _Policy.CapacitySizeProperty(type="CAPACITY_PERCENT", value=deployment.step_percent)
