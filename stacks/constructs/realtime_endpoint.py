"""A SageMaker real-time endpoint that feels like one of CDK's own constructs."""

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.config import RealtimeConfig
from stacks.constructs.deployment_guard import DeploymentGuard
from stacks.constructs.hosted_endpoint import HostedEndpoint
from stacks.constructs.instance_scaling import InstanceScaling
from stacks.constructs.production_variant import production_variant, variant_name
from stacks.constructs.served_model import ServedModel

_Config = sagemaker.CfnEndpointConfig


class RealtimeEndpoint(HostedEndpoint):
    """One production variant of one model, deployed blue/green and scaled by its concurrency."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        model: ServedModel,
        realtime: RealtimeConfig,
        ami: str | None,
        captured_to: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self.variant = variant_name(realtime.instance_type)
        capture = _capture(realtime.data_capture_percent, model, captured_to)
        config = self._endpoint_config(model, realtime, ami, capture)
        dimensions = {"EndpointName": endpoint_name, "VariantName": self.variant}
        guard = DeploymentGuard(
            self, "Guard", dimensions=dimensions, deployment=realtime.deployment
        )
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=endpoint_name,
            endpoint_config_name=config.attr_endpoint_config_name,
            deployment_config=guard.deployment_config,
            # Otherwise every deploy resets the instance count that autoscaling has found.
            retain_all_variant_properties=True,
            exclude_retained_variant_properties=[
                sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type=kind)
                for kind in ("DesiredWeight", "DataCaptureConfig")
            ],
        )
        self.name = endpoint.attr_endpoint_name
        InstanceScaling(
            self,
            "Scaling",
            endpoint_name=self.name,
            variant=self.variant,
            scaling=realtime.autoscaling,
        )

    def _endpoint_config(
        self,
        model: ServedModel,
        realtime: RealtimeConfig,
        ami: str | None,
        capture: sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None,
    ) -> sagemaker.CfnEndpointConfig:
        variant = production_variant(
            model,
            realtime,
            count=realtime.initial_instance_count,
            ami=ami,
            routing=realtime.routing,
        )
        return _Config(
            self,
            "Config",
            production_variants=[variant],
            data_capture_config=capture,
            metrics_config=_Config.MetricsConfigProperty(
                enable_enhanced_metrics=True, metric_publish_frequency_in_seconds=10
            ),
        )

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a principal send requests, with the answer whole or as a stream."""
        return self.grant(
            grantee, "sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"
        )

    def metric(self, name: str, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's own props
        """Return one of the variant's metrics in the AWS/SageMaker namespace."""
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map={"EndpointName": self.name, "VariantName": self.variant},
            **options,
        )

    def metric_invocations(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Requests sent to the variant."""
        return self.metric("Invocations", statistic="Sum", **options)

    def metric_first_chunk_latency(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Microseconds until the container streamed its first bytes."""
        return self.metric("FirstChunkModelLatency", statistic="p90", **options)


def _capture(
    percent: int, model: ServedModel, bucket: s3.IBucket
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
    if percent == 0:
        return None
    model.grant_write(bucket, "captured/")
    return _Config.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=percent,
        destination_s3_uri=bucket.s3_url_for_object("captured/"),
        capture_options=[
            _Config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
        ],
    )
