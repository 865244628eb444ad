"""Rights that an operation asks for beside its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core import responses
from ministack.services import kms, secretsmanager

from localcloud.ministack_hooks.iam.resources import s3vectors_resource

_ACTIONS = {
    "endpoint": ("sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"),
    "inference-component": (
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:UpdateInferenceComponentRuntimeConfig",
    ),
}
"""Actions that who registers a target must be allowed on it, by kind of the target:
https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html"""

_READING = {
    "s3vectors:QueryVectors": ("filter", "returnMetadata"),
    "s3vectors:ListVectors": ("returnData", "returnMetadata"),
}
"""Parameters with which an action reads what vectors hold:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_S3VectorBuckets_QueryVectors.html"""


def further_rights(
    action: str, path: str, parameters: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each further action, its resource and condition keys."""
    account, region = responses.get_account_id(), responses.get_region()
    if action.startswith("s3vectors:"):
        resource = s3vectors_resource(path, parameters, account, region)
        if any(parameters.get(name) for name in _READING.get(action, ())):
            yield "s3vectors:GetVectors", resource, {}
        if "Create" in action and parameters.get("tags"):
            yield "s3vectors:TagResource", resource, {}
    if action == "secretsmanager:GetSecretValue":
        yield from _decryption(parameters.get("SecretId"), region)
    # docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if action == "cloudformation:DescribeStacks" and not parameters.get("StackName"):
        yield "cloudformation:ListStacks", "*", {}
    if action == "application-autoscaling:RegisterScalableTarget":
        kind, name = [*str(parameters.get("ResourceId", "")).lower().split("/"), ""][:2]
        scope = f"arn:aws:sagemaker:{region}:{account}"
        for needed in _ACTIONS.get(kind, ()):
            yield needed, f"{scope}:{kind}/{name}", {}


def _decryption(secret_id: str | None, region: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    # docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    _, secret = secretsmanager._resolve(secret_id)
    if secret and (key := kms._resolve_key(secret.get("KmsKeyId"))):
        service = f"secretsmanager.{region}.amazonaws.com"
        yield "kms:Decrypt", key["Arn"], {"kms:viaservice": service}
