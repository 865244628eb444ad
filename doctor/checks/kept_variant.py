"""The check of an endpoint that scales to zero: its variant, and so its types, cannot change."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from doctor.findings import Finding, failure, ok
from doctor.surroundings import Surroundings
from stacks.config import StageConfig


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Hold the types of a deployed endpoint against config's, where it scales to zero.

    A component stays on the variant that it was made on, which is named after its types:
    docs/decisions/0149-scaling-is-handed-over-in-a-deployment.md
    """
    if not config.scales_to_zero:
        return
    realtime = config.endpoint
    try:
        endpoint = around.client("sagemaker").describe_endpoint(EndpointName=config.endpoint_name)
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        return
    deployed = [variant["VariantName"] for variant in endpoint.get("ProductionVariants", [])]
    if deployed and realtime.variant_name not in deployed:
        yield failure(
            f"realtime.instance_type: got {', '.join(realtime.instance_types)}; with "
            f"scale_to_zero must stay what is deployed ({', '.join(deployed)}): SageMaker leaves a "
            "component on its variant",
            f"deploy another stage, or `twin destroy --stage {config.stage}` first",
        )
    elif deployed:
        yield ok(f"{config.endpoint_name} keeps its variant, {deployed[0]}")
