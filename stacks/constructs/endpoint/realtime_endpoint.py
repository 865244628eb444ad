"""A SageMaker endpoint that answers while the caller waits, with CDK's usual grants and metrics."""

from __future__ import annotations

from typing import Any

from aws_cdk import Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from stacks.config import StageConfig
from stacks.constructs.endpoint.production_variant import Variant
from stacks.constructs.endpoint.sagemaker_endpoint import SageMakerEndpoint
from stacks.constructs.endpoint.shadow_variant import ShadowVariant
from stacks.constructs.model.artifact_bucket import CAPTURED
from stacks.constructs.model.served_model import ServedModel
from stacks.constructs.scaling.idle_scale_in import IdleScaleIn
from stacks.constructs.scaling.realtime_scaling import RealtimeScaling

_Config = sagemaker.CfnEndpointConfig


class RealtimeEndpoint(SageMakerEndpoint):
    """The base of both real-time endpoints: config, grants and metrics.

    Attributes:
        dimensions: of its metrics in the AWS/SageMaker namespace.
    """

    dimensions: dict[str, str]

    def grant_invoke(self, grantee: iam.IGrantable, *, whole: bool) -> iam.Grant:
        """Let a principal send requests that are answered as a stream, or also `whole`."""
        also = ["sagemaker:InvokeEndpoint"] if whole else []
        return self.grant(grantee, *also, "sagemaker:InvokeEndpointWithResponseStream")

    def metric(self, name: str, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401 - CDK's own props
        """Return a metric of the endpoint in the AWS/SageMaker namespace."""
        return cloudwatch.Metric(
            namespace="AWS/SageMaker", metric_name=name, dimensions_map=self.dimensions, **options
        )

    def metric_invocations(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Return the metric of requests sent."""
        return self.metric("Invocations", statistic="Sum", **options)

    def metric_first_chunk_latency(self, **options: Any) -> cloudwatch.Metric:  # noqa: ANN401
        """Return the metric of the first bytes: microseconds until the container streamed them."""
        return self.metric("FirstChunkModelLatency", statistic="p90", **options)

    def _rest_when_idle(self, scaling: RealtimeScaling, config: StageConfig) -> None:
        """Bring the capacity to its minimum when nobody asks, where the budget says so."""
        minutes = config.budget.idle_minutes if config.budget is not None else None
        if minutes is not None:
            IdleScaleIn(
                scaling,
                "Idle",
                target=scaling.target,
                dimensions=self.dimensions,
                minutes=minutes,
                least=config.endpoint.autoscaling.min_instances,
                probes=1 if config.is_probed else 0,
            )

    def _create(
        self,
        endpoint_name: str,
        variant: Variant,
        *,
        captured: sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None,
        deployment: sagemaker.CfnEndpoint.DeploymentConfigProperty | None = None,
        **config: Any,  # noqa: ANN401 - CDK's own props
    ) -> tuple[sagemaker.CfnEndpointConfig, sagemaker.CfnEndpoint]:
        """Describe the endpoint, and the config it is replaced by."""
        hosts = _Config(
            self,
            "Config",
            production_variants=[variant],
            data_capture_config=captured,
            metrics_config=_Config.MetricsConfigProperty(
                enable_enhanced_metrics=True, metric_publish_frequency_in_seconds=10
            ),
            **config,
        )
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=endpoint_name,
            endpoint_config_name=hosts.attr_endpoint_config_name,
            deployment_config=deployment,
            # Otherwise every deploy resets the instance count that autoscaling has found.
            retain_all_variant_properties=True,
            exclude_retained_variant_properties=[
                sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type=kind)
                for kind in ("DesiredWeight", "DataCaptureConfig")
            ],
        )
        self.name = endpoint.attr_endpoint_name
        self.deployed = {
            "EndpointConfigName": hosts.attr_endpoint_config_name,
            "VariantName": self.variant,
        }
        return hosts, endpoint


def data_capture(
    percent: int, model: ServedModel, bucket: s3.IBucket, shadow: ShadowVariant | None = None
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
    """Describe which share of requests and answers is stored in a bucket; none for a share of 0.

    While there is a shadow variant, all are: its answers are nowhere else.
    """
    if percent == 0 and shadow is None:
        return None
    model.grant_write(bucket, CAPTURED)
    return _Config.DataCaptureConfigProperty(
        enable_capture=shadow.if_there(True, percent > 0) if shadow else True,
        initial_sampling_percentage=(
            Token.as_number(shadow.if_there(100, percent)) if shadow else percent
        ),
        destination_s3_uri=bucket.s3_url_for_object(CAPTURED),
        capture_options=[
            _Config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
        ],
    )
