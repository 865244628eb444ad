"""A SageMaker endpoint with a queue: it answers into a bucket, tells topics, and goes to zero."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import AsyncConfig
from stacks.constructs.endpoint.production_variant import production_variant
from stacks.constructs.endpoint.sagemaker_endpoint import SageMakerEndpoint
from stacks.constructs.endpoint.scaling_handover import ScalingHandover
from stacks.constructs.model.served_model import ServedModel
from stacks.constructs.scaling.backlog_scaling import BacklogScaling
from stacks.constructs.shared.event_topic import EventTopic
from stacks.constructs.shared.job_bucket import JobBucket

_Async = sagemaker.CfnEndpointConfig
_Update = sagemaker.CfnEndpoint

INPUTS, OUTPUTS, FAILURES = "responses/", "async/output/", "async/failures/"
"""Key prefixes in the bucket: of requests too large to be sent inline, of answers, of failures."""


class AsyncEndpoint(SageMakerEndpoint):
    """An endpoint that queues requests while no instance runs.

    Attributes:
        completed: topic of answers that are there.
        failed: topic of requests that failed or expired.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        model: ServedModel,
        config: AsyncConfig,
        concurrency: int,
        ami: str | None,
        bucket: JobBucket,
        code: lambda_.Code,
    ) -> None:
        super().__init__(scope, construct_id)
        self.variant = config.variant_name
        self.completed = EventTopic(self, "Completed", publisher=model.role)
        self.failed = EventTopic(self, "Failed", publisher=model.role)
        hosts = self._hosts(model, config, concurrency=concurrency, ami=ami, bucket=bucket)
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=endpoint_name,
            endpoint_config_name=hosts.attr_endpoint_config_name,
            deployment_config=_replace_when_done(config),
        )
        self.name = endpoint.attr_endpoint_name
        self.deployed = {
            "EndpointConfigName": hosts.attr_endpoint_config_name,
            "VariantName": self.variant,
        }
        handover = ScalingHandover(
            self,
            "Handover",
            endpoint_name=endpoint_name,
            endpoint_config_name=hosts.attr_endpoint_config_name,
            variant=self.variant,
            bucket=bucket,
            code=code,
            log_retention_days=config.log_retention_days,
        )
        scaling = BacklogScaling(
            self, "Scaling", endpoint_name=self.name, variant=self.variant, config=config
        )
        handover.around(endpoint, then=scaling)

    def _hosts(
        self,
        model: ServedModel,
        config: AsyncConfig,
        *,
        concurrency: int,
        ami: str | None,
        bucket: JobBucket,
    ) -> sagemaker.CfnEndpointConfig:
        # An endpoint cannot be created without an instance; every deploy starts one, which shows
        # that the model runs, and scaling takes it away again.
        count = max(1, config.min_instances)
        return sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[production_variant(config, count=count, ami=ami, model=model)],
            async_inference_config=_Async.AsyncInferenceConfigProperty(
                client_config=_Async.AsyncInferenceClientConfigProperty(
                    max_concurrent_invocations_per_instance=concurrency
                ),
                output_config=self._output(model, bucket),
            ),
        )

    def grant_submit(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a principal put requests into the queue."""
        return self.grant(grantee, "sagemaker:InvokeEndpointAsync")

    def _output(
        self, model: ServedModel, bucket: JobBucket
    ) -> sagemaker.CfnEndpointConfig.AsyncInferenceOutputConfigProperty:
        bucket.grant_objects(model.role, "s3:GetObject", below=INPUTS)
        for prefix in (OUTPUTS, FAILURES):
            bucket.grant_objects(
                model.role, "s3:PutObject", "s3:AbortMultipartUpload", below=prefix
            )
        bucket.grant_list(model.role, below=INPUTS)
        return _Async.AsyncInferenceOutputConfigProperty(
            s3_output_path=bucket.s3_url_for_object(OUTPUTS),
            s3_failure_path=bucket.s3_url_for_object(FAILURES),
            notification_config=_Async.AsyncInferenceNotificationConfigProperty(
                success_topic=self.completed.topic_arn, error_topic=self.failed.topic_arn
            ),
        )

    @property
    def topics(self) -> tuple[sns.ITopic, sns.ITopic]:
        """Both topics: every request ends on one of them."""
        return self.completed, self.failed


def _replace_when_done(config: AsyncConfig) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    """Keep the old instances until the last request they hold has ended."""
    return _Update.DeploymentConfigProperty(
        blue_green_update_policy=_Update.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=_Update.TrafficRoutingConfigProperty(
                type="ALL_AT_ONCE", wait_interval_in_seconds=0
            ),
            termination_wait_in_seconds=config.invocation_timeout_seconds,
        )
    )
