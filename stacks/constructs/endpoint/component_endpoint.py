"""A real-time endpoint whose model is an inference component, so that it can go to zero."""

from __future__ import annotations

import math
from pathlib import Path

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.config import InstanceScaleInConfig, RealtimeConfig, StageConfig
from stacks.constructs.endpoint.adapter_component import AdapterComponent
from stacks.constructs.endpoint.component_specification import specification
from stacks.constructs.endpoint.deployment_guardrails import DeploymentGuardrails
from stacks.constructs.endpoint.production_variant import (
    production_variant,
    routing_config,
)
from stacks.constructs.endpoint.realtime_endpoint import RealtimeEndpoint, data_capture
from stacks.constructs.model.hosted_model import HostedModel
from stacks.constructs.model.weights_archive import WeightsArchive
from stacks.constructs.scaling.component_scaling import ComponentScaling

_Config = sagemaker.CfnEndpointConfig
_Component = sagemaker.CfnInferenceComponent


class ComponentEndpoint(RealtimeEndpoint):
    """An endpoint scaled by copies, for which SageMaker starts and ends instances.

    docs/decisions/0032-what-goes-to-zero-is-a-component.md

    Attributes:
        component: name of the inference component.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        model: HostedModel,
        captured_to: s3.IBucket,
        root: Path,
    ) -> None:
        super().__init__(scope, construct_id)
        realtime, name = config.endpoint, config.endpoint_name
        self.variant = realtime.variant_name
        self.component = name
        self.dimensions = {"InferenceComponentName": name}
        self._create(
            name,
            production_variant(
                realtime,
                count=realtime.initial_instance_count,
                ami=model.ami,
                routing=routing_config(config),
                managed=_managed(realtime),
            ),
            captured=data_capture(realtime.data_capture_percent, model, captured_to),
            execution_role_arn=model.role.role_arn,
            enable_network_isolation=model.isolated,
        )
        component = self._describe(realtime, model)
        self._adapters = config.adapter_components
        self._add_adapters(component, model, config, root)
        self.deployed = {"ComponentName": self.component, "ModelName": model.name}
        scaling = ComponentScaling(
            self,
            "Scaling",
            component=name,
            adapters=[*self._adapters.values()],
            scaling=realtime.autoscaling,
            endpoint_name=name,
            namespace=config.project.name,
        )
        scaling.target.add_resource_dependency(component)
        self._rest_when_idle(scaling, config)

    @property
    def arns(self) -> list[str]:
        """ARNs of the endpoint and of its components: a request names one of each."""
        components: list[str] = [
            Stack.of(self).format_arn(
                service="sagemaker",
                resource="inference-component",
                resource_name=name,
                arn_format=ArnFormat.SLASH_RESOURCE_NAME,
            )
            for name in (self.component, *self._adapters.values())
        ]
        return [*super().arns, *components]

    def _add_adapters(
        self,
        base: sagemaker.CfnInferenceComponent,
        model: HostedModel,
        config: StageConfig,
        root: Path,
    ) -> None:
        for adapter in config.model.adapters if self._adapters else ():
            name = self._adapters[f"{config.model.id}:{adapter.name}"]
            directory = root / (config.model.artifacts or "") / adapter.path
            archive = WeightsArchive.from_directory(
                Stack.of(self), directory, build=root / ".build" / "models"
            )
            model.grant_read_adapter(adapter.name, archive)
            AdapterComponent(self, f"Adapter-{adapter.name}", name=name, base=base, archive=archive)

    def _describe(
        self, realtime: RealtimeConfig, model: HostedModel
    ) -> sagemaker.CfnInferenceComponent:
        guardrails = DeploymentGuardrails(
            self, "Guard", dimensions=self.dimensions, deployment=realtime.deployment
        )
        return _Component(
            self,
            "Component",
            inference_component_name=self.component,
            endpoint_name=self.name,
            variant_name=self.variant,
            runtime_config=_Component.InferenceComponentRuntimeConfigProperty(
                copy_count=realtime.initial_instance_count
            ),
            deployment_config=guardrails.of_component(),
            **specification(model, realtime),
        )


def _managed(
    realtime: RealtimeConfig,
) -> sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty:
    scaling = realtime.autoscaling
    policy = scaling.instance_scale_in or InstanceScaleInConfig()
    # New copies start beside the ones they replace, and an instance has room for one.
    surge = math.ceil(scaling.max_instances * realtime.deployment.step_percent / 100)
    return _Config.ManagedInstanceScalingProperty(
        status="ENABLED",
        min_instance_count=0,
        max_instance_count=scaling.max_instances + surge,
        scale_in_policy=_Config.ScaleInPolicyProperty(
            strategy=policy.strategy.replace("-", "_").upper(),
            maximum_step_size=policy.max_step,
            cooldown_in_minutes=policy.cooldown_minutes,
        ),
    )
