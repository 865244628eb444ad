"""Scalable dimensions: the instances of a variant, the copies of an inference component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Fn


@dataclass(frozen=True, kw_only=True)
class ScalableDimension:
    """A number that Application Auto Scaling changes.

    https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-sagemaker.html

    Attributes:
        dimension: of what.
        resource_id: of which.
        metrics: SageMaker's own metrics per instance or copy, by their names in config.
    """

    dimension: str
    resource_id: str
    metrics: Mapping[str, str]


def instances_of(endpoint_name: str, variant: str) -> ScalableDimension:
    """Return the instance count of a production variant."""
    return ScalableDimension(
        dimension="sagemaker:variant:DesiredInstanceCount",
        resource_id=Fn.join("/", ["endpoint", endpoint_name, "variant", variant]),
        metrics={
            # Counts requests in flight and waiting, every 10 s, so it sees load minutes before
            # the per-minute metrics do:
            # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html
            "concurrency": "SageMakerVariantConcurrentRequestsPerModelHighResolution",
            "invocations": "SageMakerVariantInvocationsPerInstance",
        },
    )


def copies_of(component: str) -> ScalableDimension:
    """Return the copy count of an inference component."""
    return ScalableDimension(
        dimension="sagemaker:inference-component:DesiredCopyCount",
        resource_id=f"inference-component/{component}",
        metrics={
            "concurrency": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
            "invocations": "SageMakerInferenceComponentInvocationsPerCopy",
        },
    )
