"""Resources of requests to our services, and policies that resources of ours carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ministack.core import iam_evaluator

from localcloud.ministack_hooks.patching import Untyped, wrap

Parameters = Mapping[str, Any]

_SAGEMAKER_KINDS = {
    "EndpointConfig": "endpoint-config",
    "InferenceComponent": "inference-component",
    "TransformJob": "transform-job",
    "Endpoint": "endpoint",
    "ModelPackage": "model-package",
    "Model": "model",
}
"""Kind in an ARN by the noun of an operation; the longer of two first."""


def sagemaker_resource(operation: str, parameters: Parameters, account: str, region: str) -> str:
    """Name the resource of an operation of SageMaker: an ARN (as versions are named), or `*`."""
    if arn := parameters.get("ResourceArn") or parameters.get("ModelPackageArn"):
        return str(arn)
    for noun, kind in _SAGEMAKER_KINDS.items():
        if noun in operation:
            name = str(parameters.get(f"{noun}Name", "*")).lower().rpartition("model-package/")[2]
            return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name}"
    return "*"


def s3vectors_resource(path: str, parameters: Parameters, account: str, region: str) -> str:
    """Name the vector bucket or index of a request, or `*`.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3vectors.html
    """
    if path.startswith("/tags/"):
        return path.removeprefix("/tags/")
    if arn := parameters.get("indexArn"):
        return str(arn)
    name = parameters.get("vectorBucketName")
    named = f"arn:aws:s3vectors:{region}:{account}:bucket/{name}" if name else "*"
    bucket = str(parameters.get("vectorBucketArn", named))
    index = parameters.get("indexName")
    return f"{bucket}/index/{index}" if index and bucket != "*" else bucket


def add_resource_policies(service: str, policy_of: Callable[[str], str | None]) -> None:
    """Have a service's resources carry policies.

    Args:
        service: Prefix of its actions.
        policy_of: Returns the policy of a resource by its ARN, if there is one.
    """
    wrap(iam_evaluator, "_resource_policy", partial(_with_policy, service, policy_of))


def _with_policy(
    ours: str,
    policy_of: Callable[[str], str | None],
    original: Callable[..., Untyped],
    service: str,
    arn: str,
) -> Untyped:
    if service != ours:
        return original(service, arn)
    policy = policy_of(arn)
    return None if policy is None else (policy, arn.split(":")[4])
