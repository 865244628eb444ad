"""A real-time endpoint whose production variant holds the model."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.endpoint.deployment_guardrails import DeploymentGuardrails
from stacks.constructs.endpoint.production_variant import (
    production_variant,
    routing_config,
    variant_name,
)
from stacks.constructs.endpoint.realtime_endpoint import RealtimeEndpoint, data_capture
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
    ) -> None:
        super().__init__(scope, construct_id)
        realtime, name = config.realtime, config.endpoint_name
        self.variant = variant_name(realtime.instance_type)
        self.dimensions = {"EndpointName": name, "VariantName": self.variant}
        guardrails = DeploymentGuardrails(
            self, "Guard", dimensions=self.dimensions, deployment=realtime.deployment
        )
        self._create(
            name,
            production_variant(
                realtime,
                count=realtime.initial_instance_count,
                ami=model.ami,
                model=model,
                routing=routing_config(config),
            ),
            captured=data_capture(realtime.data_capture_percent, model, captured_to),
            deployment=guardrails.blue_green(),
        )
        RealtimeScaling(
            self,
            "Scaling",
            capacity=instances_of(self.name, self.variant),
            scaling=realtime.autoscaling,
            endpoint_name=name,
            namespace=config.project.name,
        )
