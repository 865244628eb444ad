"""A LoRA adapter on the copies of an inference component."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.model.weights_archive import WeightsArchive

_Component = sagemaker.CfnInferenceComponent


class AdapterComponent(Construct):
    """An inference component without compute, for requests that name an adapter.

    docs/decisions/0188-an-adapter-on-components-is-one-itself.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        base: sagemaker.CfnInferenceComponent,
        archive: WeightsArchive,
    ) -> None:
        super().__init__(scope, construct_id)
        component = _Component(
            self,
            "Resource",
            inference_component_name=name,
            endpoint_name=base.endpoint_name,
            specification=_Component.InferenceComponentSpecificationProperty(
                base_inference_component_name=base.inference_component_name,
                container=_Component.InferenceComponentContainerSpecificationProperty(
                    artifact_url=archive.container["model_data_url"]
                ),
            ),
        )
        component.add_dependency(base)
