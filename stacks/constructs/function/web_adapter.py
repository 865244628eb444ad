"""AWS Lambda Web Adapter: the layer that lets a web server stream its answers out of Lambda."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.adapter_layers import Architecture, layer_arn

ENVIRONMENT = {
    "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
    "AWS_LWA_INVOKE_MODE": "response_stream",
    "AWS_LWA_PORT": "8080",
    "AWS_LWA_READINESS_CHECK_PATH": "/health",
}
"""Variables with which a function that starts a web server streams."""

ASYNC_INIT = {"AWS_LWA_ASYNC_INIT": "true"}
"""For a server that takes longer to start than the 10 s after which Lambda cuts an init short and
begins it anew: the adapter says in time that init is over, and the first request waits.
https://aws.github.io/aws-lambda-web-adapter/features/async-init.html"""

SNAPSTART = {"AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH": "/after-restore"}
"""For a server that is copied out of a snapshot, which has no such limit on its init: what the
adapter calls in each copy before it serves, and answers callers' requests for with 403.
https://aws.github.io/aws-lambda-web-adapter/features/snapstart.html"""


def web_adapter_layer(
    scope: Construct, construct_id: str, *, architecture: Architecture
) -> lambda_.ILayerVersion:
    """Return the layer for an architecture, in the stack's region."""
    arn = layer_arn(architecture, partition=Aws.PARTITION, region=Aws.REGION)
    layer: lambda_.ILayerVersion = lambda_.LayerVersion.from_layer_version_arn(
        scope, construct_id, arn
    )
    return layer
