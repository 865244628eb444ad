"""The endpoints behind the stacks, compared with what the stacks asked for.

SageMaker can roll an update back, and say InService without a reason:
https://github.com/hashicorp/terraform-provider-aws/issues/46663
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient


class SageMakerEndpoints:
    """Endpoints, and inference components on them."""

    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    def problem(self, outputs: Mapping[str, str]) -> str | None:
        """Return the difference between an endpoint and the outputs of a stack; None if none."""
        if component := outputs.get("ComponentName"):
            return self._component(component, outputs["ModelName"])
        if "EndpointConfigName" not in outputs:
            return None
        return self._endpoint(outputs["EndpointName"], outputs["EndpointConfigName"])

    def other_variant(self, outputs: Mapping[str, str]) -> str | None:
        """Return the variant that serves, where the outputs of a stack name another."""
        if "VariantName" not in outputs:
            return None
        found = self._client.describe_endpoint(EndpointName=outputs["EndpointName"])
        names = [each["VariantName"] for each in found.get("ProductionVariants", [])]
        return None if not names or outputs["VariantName"] in names else names[0]

    def _endpoint(self, name: str, wanted: str) -> str | None:
        found = self._client.describe_endpoint(EndpointName=name)
        serves = found["EndpointConfigName"]
        if serves != wanted:
            reason = found.get("FailureReason") or "SageMaker gave no reason"
            return f"endpoint {name} serves {serves}, not {wanted}: {reason}"
        if found["EndpointStatus"] != "InService":
            return f"endpoint {name} is {found['EndpointStatus']}"
        return None

    def _component(self, name: str, wanted: str) -> str | None:
        found = self._client.describe_inference_component(InferenceComponentName=name)
        serves = found["Specification"].get("ModelName", "")
        if serves != wanted:
            reason = found.get("FailureReason") or "SageMaker gave no reason"
            return f"inference component {name} serves {serves}, not {wanted}: {reason}"
        return None
