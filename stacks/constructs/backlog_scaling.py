"""How many instances an endpoint with a queue has, down to none."""

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from stacks.config import AsyncConfig
from stacks.constructs.instance_target import InstanceTarget

_Policy = autoscaling.CfnScalingPolicy
_MINUTE = 60


class BacklogScaling(Construct):
    """Wakes for the first request, grows with the backlog, and goes when nothing is left to do.

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
        target = InstanceTarget(
            self,
            "Target",
            endpoint_name=endpoint_name,
            variant=variant,
            min_instances=config.min_instances,
            max_instances=config.max_instances,
        )
        # Given the target itself, CDK's step action keeps but the first of its id's three parts.
        self._target = autoscaling.ScalableTarget.from_scalable_target_attributes(
            self,
            "Registered",
            scalable_target_id=target.ref,
            scalable_dimension=target.scalable_dimension,
            service_namespace=target.service_namespace,
        )
        self._wake()
        self._grow()
        self._go()

    def _wake(self) -> None:
        """Add the first instance, as a backlog per instance says nothing without one."""
        action = autoscaling.StepScalingAction(
            self,
            "Wake",
            scaling_target=self._target,
            policy_name="wake",
            adjustment_type=autoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
            cooldown=Duration.seconds(self._config.scale_out_cooldown_seconds),
        )
        action.add_adjustment(adjustment=1, lower_bound=0)
        self._run(
            action,
            "WaitingWithoutInstances",
            metric="HasBacklogWithoutCapacity",
            periods=1,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=1,
        )

    def _grow(self) -> None:
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
            scaling_target_id=self._target.scalable_target_id,
            target_tracking_scaling_policy_configuration=_Policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=self._config.target_backlog_per_instance,
                scale_out_cooldown=self._config.scale_out_cooldown_seconds,
                disable_scale_in=True,
                customized_metric_specification=metric,
            ),
        )

    def _go(self) -> None:
        action = autoscaling.StepScalingAction(
            self,
            "Go",
            scaling_target=self._target,
            policy_name="go",
            adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
            cooldown=Duration.seconds(_MINUTE),
        )
        action.add_adjustment(adjustment=self._config.min_instances, upper_bound=0)
        self._run(
            action,
            "Idle",
            metric="ApproximateBacklogSize",
            periods=self._config.scale_in_after_idle_seconds // _MINUTE,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=0,
        )

    def _run(
        self,
        action: autoscaling.StepScalingAction,
        construct_id: str,
        *,
        metric: str,
        periods: int,
        comparison: cloudwatch.ComparisonOperator,
        threshold: float,
    ) -> None:
        """Run an action once every minute of some holds; what is not known changes nothing."""
        alarm = cloudwatch.Alarm(
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
        alarm.add_alarm_action(actions.ApplicationScalingAction(action))
