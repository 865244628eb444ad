"""AWS Lambda Web Adapter: the layer that lets a web server stream its answers out of Lambda."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

# Release 1.1.0. The account publishes in every region of the aws partition:
# https://github.com/aws/aws-lambda-web-adapter
_ACCOUNT, _VERSION = "753240598075", 30
_LAYERS = {"arm64": "LambdaAdapterLayerArm64", "x86_64": "LambdaAdapterLayerX86"}

ENVIRONMENT = {
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
    "AWS_LWA_INVOKE_MODE": "response_stream",
    "AWS_LWA_PORT": "8080",
    "AWS_LWA_READINESS_CHECK_PATH": "/health",
}
"""Variables with which a function that starts a web server streams."""


def web_adapter_layer(
    scope: Construct, construct_id: str, *, architecture: lambda_.Architecture
) -> lambda_.ILayerVersion:
    """Return the layer for an architecture, in the stack's region."""
    name = _LAYERS[architecture.name]
    arn = f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{_ACCOUNT}:layer:{name}:{_VERSION}"
    layer: lambda_.ILayerVersion = lambda_.LayerVersion.from_layer_version_arn(
        scope, construct_id, arn
    )
    return layer
