"""The instance count of a production variant, as Application Auto Scaling sees it."""

from aws_cdk import Fn
from aws_cdk import aws_applicationautoscaling as autoscaling
from constructs import Construct

DIMENSION = "sagemaker:variant:DesiredInstanceCount"


class InstanceTarget(autoscaling.CfnScalableTarget):
    """Registers a variant without a role: Application Auto Scaling uses its service-linked one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        variant: str,
        min_instances: int,
        max_instances: int,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            service_namespace="sagemaker",
            scalable_dimension=DIMENSION,
            resource_id=Fn.join("/", ["endpoint", endpoint_name, "variant", variant]),
            min_capacity=min_instances,
            max_capacity=max_instances,
        )
