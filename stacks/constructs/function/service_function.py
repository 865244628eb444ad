"""One of the functions of the service: its own role, its own logs, the same package."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.adapter_layers import FUNCTIONS
from stacks.checks import acknowledge
from stacks.constructs.shared.retained_logs import RetainedLogs
from stacks.constructs.shared.trust import trusted

ARCHITECTURE = lambda_.Architecture.custom(FUNCTIONS)
RUNTIME = lambda_.Runtime.PYTHON_3_13


class ServiceFunction(lambda_.Function):
    """A function with least privilege: it writes its own log group and traces, and no more.

    Attributes:
        runtime_role: the role it runs in.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        handler: str,
        timeout_seconds: int,
        memory_mb: int,
        log_retention_days: int,
        environment: dict[str, str] | None = None,
        layers: list[lambda_.ILayerVersion] | None = None,
        reserved_concurrency: int | None = None,
        architecture: lambda_.Architecture = ARCHITECTURE,
        snapstart: bool = False,
    ) -> None:
        home = Construct(scope, f"{construct_id}Runtime")
        log_group = RetainedLogs(home, "Logs", days=log_retention_days)
        role = iam.Role(home, "Role", assumed_by=trusted("lambda"))
        self.runtime_role = role
        log_group.grant_write(role)
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler=handler,
            runtime=RUNTIME,
            architecture=architecture,
            role=role,
            log_group=log_group,
            timeout=Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            environment=environment,
            layers=layers,
            reserved_concurrent_executions=reserved_concurrency,
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snapstart else None,
        )
        acknowledge(
            home, "AwsSolutions-IAM5[Resource::*]", "X-Ray's PutTraceSegments knows no resources"
        )
        reason = "Python 3.13 is what the package is built, compiled and tested for"
        acknowledge(self, "AwsSolutions-L1", reason)

    @property
    def entry(self) -> lambda_.IFunction:
        """The function, as API Gateway invokes it."""
        return self
