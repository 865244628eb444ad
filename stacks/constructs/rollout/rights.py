"""The rights of the rollout's function: every resource named, and no role passed on."""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam

from stacks.account_reads import BOOTSTRAP_VERSION
from stacks.config import StageConfig


def rollout_rights(stack: Stack, config: StageConfig, *, history: str) -> list[iam.PolicyStatement]:
    """Return the statements of the function's role.

    CloudFormation reuses the role that each stack was deployed with, so there is no iam:PassRole.

    Args:
        stack: the rollout's stack.
        config: the stage.
        history: ARN of the bucket of the history.
    """
    account = config.model_registry.account
    owner = account or Aws.ACCOUNT_ID
    group = config.model_registry.group or ""
    bucket = f"arn:{Aws.PARTITION}:s3:::{config.registry_bucket(Aws.ACCOUNT_ID, Aws.REGION)}"
    versions = _arn(stack, "sagemaker", "model-package", f"{group}/*", owner)
    stacks = [_arn(stack, "cloudformation", "stack", f"{name}/*") for name in config.model_stacks]
    endpoint = _arn(stack, "sagemaker", "endpoint", config.endpoint_name)
    names = [config.version_parameter, *filter(None, [config.shadow_parameter])]
    parameters = [_arn(stack, "ssm", "parameter", name.lstrip("/")) for name in names]
    # Every template has a parameter of CDK's, which CloudFormation reads with the others.
    read = [*parameters, _arn(stack, "ssm", "parameter", BOOTSTRAP_VERSION.lstrip("/"))]
    hosts = [endpoint]
    if config.asynchronous is not None:
        hosts.append(f"{endpoint}-async")
    # A registry of another account is only read.
    noting = [] if account else ["sagemaker:UpdateModelPackage"]
    statements = [
        _allow("sagemaker:DescribeModelPackage", *noting, on=[versions]),
        _allow("s3:GetObject", on=[f"{bucket}/models/*"]),
        _allow("s3:GetObject", "s3:PutObject", on=[f"{history}/*"]),
        # Without the right to list, an object that is missing reads as one that is forbidden.
        _allow("s3:ListBucket", on=[bucket, history]),
        _allow("ssm:GetParameter", "ssm:PutParameter", on=parameters),
        _allow("ssm:GetParameters", on=read),
        _allow(
            *(
                f"cloudformation:{a}"
                for a in ("UpdateStack", "DescribeStacks", "DescribeStackEvents")
            ),
            on=stacks,
        ),
        _allow("sagemaker:DescribeEndpoint", on=hosts),
        _allow("events:PutEvents", on=[_arn(stack, "events", "event-bus", "default")]),
    ]
    return [*statements, *_asking(stack, config, endpoint)]


def _asking(stack: Stack, config: StageConfig, endpoint: str) -> list[iam.PolicyStatement]:
    """Allow the golden check's questions."""
    asked = [endpoint]
    statements = []
    if config.scales_to_zero:
        component = _arn(stack, "sagemaker", "inference-component", config.endpoint_name)
        statements.append(_allow("sagemaker:DescribeInferenceComponent", on=[component]))
        asked.append(component)
    # A check has no field of the engine's own, which might forbid a stream.
    return [*statements, _allow("sagemaker:InvokeEndpointWithResponseStream", on=asked)]


def _allow(*actions: str, on: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[*actions], resources=on)


def _arn(stack: Stack, service: str, resource: str, name: str, account: str | None = None) -> str:
    arn: str = stack.format_arn(
        service=service,
        account=account,
        resource=resource,
        resource_name=name,
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )
    return arn
