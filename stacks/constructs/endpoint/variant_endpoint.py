"""A real-time endpoint whose production variant holds the model."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.endpoint.deployment_guardrails import DeploymentGuardrails
from stacks.constructs.endpoint.production_variant import (
    production_variant,
    routing_config,
)
from stacks.constructs.endpoint.realtime_endpoint import RealtimeEndpoint, data_capture
from stacks.constructs.endpoint.scaling_handover import ScalingHandover
from stacks.constructs.endpoint.shadow_variant import ShadowVariant
from stacks.constructs.model.hosted_model import HostedModel
from stacks.constructs.scaling.realtime_scaling import RealtimeScaling
from stacks.constructs.scaling.scalable_dimension import instances_of


class VariantEndpoint(RealtimeEndpoint):
    """An endpoint deployed blue/green and scaled by instances, of which at least one stays."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        model: HostedModel,
        captured_to: s3.IBucket,
        code: lambda_.Code,
    ) -> None:
        super().__init__(scope, construct_id)
        realtime, name = config.endpoint, config.endpoint_name
        self.variant = realtime.variant_name
        self.dimensions = {"EndpointName": name, "VariantName": self.variant}
        guardrails = DeploymentGuardrails(
            self, "Guard", dimensions=self.dimensions, deployment=realtime.deployment
        )
        shadow = ShadowVariant.of(self, "Shadow", config=config, model=model)
        hosts, endpoint = self._create(
            name,
            production_variant(
                realtime,
                count=realtime.initial_instance_count,
                ami=model.ami,
                model=model,
                routing=routing_config(config),
            ),
            captured=data_capture(realtime.data_capture_percent, model, captured_to, shadow),
            deployment=guardrails.of_endpoint(),
            shadow_production_variants=shadow and shadow.variants,
        )
        handover = ScalingHandover(
            self,
            "Handover",
            endpoint_name=name,
            endpoint_config_name=hosts.attr_endpoint_config_name,
            variant=self.variant,
            bucket=captured_to,
            code=code,
            log_retention_days=realtime.log_retention_days,
        )
        handover.around(endpoint, then=self._scaled(config))

    def _scaled(self, config: StageConfig) -> RealtimeScaling:
        scaling = RealtimeScaling(
            self,
            "Scaling",
            capacity=instances_of(self.name, self.variant),
            scaling=config.endpoint.autoscaling,
            endpoint_name=config.endpoint_name,
            namespace=config.project.name,
        )
        self._rest_when_idle(scaling, config)
        return scaling
