"""An endpoint for inference components, and components on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.eventually import eventually, poll
from tests.support.localcloud.cloud import ROLE
from tests.support.localcloud.deployment import VARIANT, Deployment, unique

CPU_OF_TYPE = 4
"""Cores of the instance type that is used here: a copy that asks for them has one to itself."""

SCALING = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}


class ComponentDeployment(Deployment):
    """As `Deployment`, with a component of the endpoint's name; a copy fills an instance."""

    def create_config(self, model: str, **variant: Any) -> str:
        name = unique("config")
        production = {
            "VariantName": VARIANT,
            "InstanceType": "ml.c5.xlarge",
            "InitialInstanceCount": 1,
            "ManagedInstanceScaling": SCALING,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
            **variant,
        }
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ExecutionRoleArn=ROLE, ProductionVariants=[production]
        )
        return name

    def create_endpoint(self, **variant: Any) -> dict[str, Any]:
        config = self.create_config("", **variant)
        self.sagemaker.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=config)
        return self.settled()

    def add(
        self, container: dict[str, Any] | None = None, *, name: str = "", copies: int = 1
    ) -> dict[str, Any]:
        """Create a component; return it once it has settled."""
        self.sagemaker.create_inference_component(
            InferenceComponentName=name or self.endpoint,
            EndpointName=self.endpoint,
            VariantName=VARIANT,
            Specification=self.specification(self.create_model(container)),
            RuntimeConfig={"CopyCount": copies},
        )
        return self.component(name)

    def create(self, container: dict[str, Any] | None = None, **variant: Any) -> dict[str, Any]:
        self.create_endpoint(**variant)
        return self.add(container)

    def specification(self, model: str, **resources: Any) -> dict[str, Any]:
        needs = {"MinMemoryRequiredInMb": 1024, "NumberOfCpuCoresRequired": CPU_OF_TYPE}
        return {"ModelName": model, "ComputeResourceRequirements": {**needs, **resources}}

    def component(self, name: str = "") -> dict[str, Any]:
        """The component, once it has settled."""
        return poll(
            lambda: self.described(name),
            lambda found: found["InferenceComponentStatus"] in ("InService", "Failed"),
        )

    def described(self, name: str = "") -> dict[str, Any]:
        return dict(
            self.sagemaker.describe_inference_component(
                InferenceComponentName=name or self.endpoint
            )
        )

    def scale(self, count: int) -> dict[str, Any]:
        self.sagemaker.update_inference_component_runtime_config(
            InferenceComponentName=self.endpoint, DesiredRuntimeConfig={"CopyCount": count}
        )
        return self.component()

    def update(self, container: dict[str, Any], **options: Any) -> dict[str, Any]:
        specification = self.specification(self.create_model(container))
        self.sagemaker.update_inference_component(
            InferenceComponentName=self.endpoint, Specification=specification, **options
        )
        return self.component()

    def invoke(self, tokens: int = 4, **options: Any) -> dict[str, Any]:
        options.setdefault("InferenceComponentName", self.endpoint)
        return super().invoke(tokens, **options)

    def stream(self, tokens: int = 4, **options: Any) -> Iterator[bytes]:
        options.setdefault("InferenceComponentName", self.endpoint)
        return super().stream(tokens, **options)

    def instances(self) -> int:
        found = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)
        return int(found["ProductionVariants"][0]["CurrentInstanceCount"])

    def remove(self, name: str = "") -> None:
        """Delete a component, and wait until it is gone."""
        self.sagemaker.delete_inference_component(InferenceComponentName=name or self.endpoint)
        eventually(lambda: (name or self.endpoint) not in self.components())

    def components(self) -> list[str]:
        found = self.sagemaker.list_inference_components(EndpointNameEquals=self.endpoint)
        return [one["InferenceComponentName"] for one in found["InferenceComponents"]]

    def delete(self) -> None:
        for name in self.components():
            self.component(name)
            self.remove(name)
        super().delete()
