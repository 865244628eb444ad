"""The rollout's stack: a state machine that makes an approved version the one that serves."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Aws, CfnOutput, Duration, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.aws_events import CfnEventBusPolicy
from constructs import Construct

from stacks.checks import acknowledge, acknowledge_wildcard
from stacks.config import StageConfig
from stacks.constructs.function.environment import (
    invocation_environment,
    rollout_environment,
    service_environment,
)
from stacks.constructs.function.memory import CONTROL_MB
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.rollout.definition import rollout_states
from stacks.constructs.rollout.rights import rollout_rights
from stacks.constructs.rollout.starts import Starts
from stacks.constructs.shared.private_bucket import PrivateBucket
from stacks.constructs.shared.retained_logs import RetainedLogs
from stacks.constructs.shared.trust import trusted

_FUNCTION_SECONDS = 900
_LOG_DAYS = 90


class RolloutStack(Stack):
    """A state machine over the stacks that serve the model, which it names and does not need."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        package: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: rollout of approved versions"
        super().__init__(scope, construct_id, description=description, env=env)
        history = PrivateBucket(self, "History", lifecycle_rules=[])
        function = self._function(config, package, history)
        for statement in rollout_rights(self, config, history=history.bucket_arn):
            function.runtime_role.add_to_policy(statement)
            for resource in statement.resources:
                if resource.endswith("/*"):
                    reason = "versions of one group, objects below one prefix, ids of one stack"
                    acknowledge_wildcard(function.runtime_role, resource, reason)
        machine = self._machine(config, function)
        Starts(self, "Starts", config=config, machine=machine)
        self._alarm(machine)
        owner = config.model_registry.account
        if owner is not None:
            CfnEventBusPolicy(
                self,
                "Approvals",
                statement_id=f"approvals-{config.endpoint_name}",
                action="events:PutEvents",
                principal=owner,
            )
        CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)
        CfnOutput(self, "HistoryBucketName", value=history.bucket_name)
        CfnOutput(self, "ParameterName", value=config.version_parameter)

    def _function(
        self, config: StageConfig, package: Path, history: PrivateBucket
    ) -> ServiceFunction:
        group = self.format_arn(
            service="sagemaker",
            account=config.model_registry.account,
            resource="model-package-group",
            resource_name=config.model_registry.group,
        )
        return ServiceFunction(
            self,
            "Steps",
            code=lambda_.Code.from_asset(str(package)),
            handler="lambda_api.handlers.rollout.handler",
            environment={
                **service_environment(config),
                **invocation_environment(config),
                **rollout_environment(
                    config,
                    group=group,
                    bucket=config.registry_bucket(Aws.ACCOUNT_ID, Aws.REGION),
                    history=history.bucket_name,
                ),
            },
            timeout_seconds=_FUNCTION_SECONDS,
            memory_mb=CONTROL_MB,
            log_retention_days=_LOG_DAYS,
        )

    def _machine(self, config: StageConfig, function: ServiceFunction) -> sfn.StateMachine:
        states = self.to_json_string(rollout_states(function.function_arn))
        role = iam.Role(self, "MachineRole", assumed_by=trusted("states"))
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=f"{config.endpoint_name}-rollout",
            role=role,
            definition_body=sfn.DefinitionBody.from_string(states),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=RetainedLogs(self, "Logs", days=_LOG_DAYS),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        machine.add_to_role_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[function.function_arn]
            )
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray and the delivery of logs know no resources",
        )
        return machine

    def _alarm(self, machine: sfn.StateMachine) -> None:
        """Raise an alarm for each rollout that was undone, or could not be."""
        cloudwatch.Alarm(
            self,
            "RolledBack",
            metric=machine.metric_failed(period=Duration.minutes(5)),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
