"""How many instances a production variant has."""

from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

from stacks.config import AutoscalingConfig
from stacks.constructs.instance_target import InstanceTarget

_Tracking = autoscaling.CfnScalingPolicy
# Counts requests in flight and waiting, every 10 s, so it sees load minutes before the per-minute
# metrics do: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html
CONCURRENCY = "SageMakerVariantConcurrentRequestsPerModelHighResolution"


class InstanceScaling(Construct):
    """Keeps the concurrency per instance near a target, between two bounds."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        variant: str,
        scaling: AutoscalingConfig,
    ) -> None:
        super().__init__(scope, construct_id)
        target = InstanceTarget(
            self,
            "Target",
            endpoint_name=endpoint_name,
            variant=variant,
            min_instances=scaling.min_instances,
            max_instances=scaling.max_instances,
        )
        autoscaling.CfnScalingPolicy(
            self,
            "Concurrency",
            policy_name="concurrency",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=_Tracking.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=scaling.target,
                scale_in_cooldown=scaling.scale_in_cooldown_seconds,
                scale_out_cooldown=scaling.scale_out_cooldown_seconds,
                predefined_metric_specification=_Tracking.PredefinedMetricSpecificationProperty(
                    predefined_metric_type=CONCURRENCY
                ),
            ),
        )
