"""The state machine of a batch: prepare shards, transform them, collect the results."""

from __future__ import annotations

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.checks import acknowledge, acknowledge_wildcard
from stacks.constructs.batch.transform_job import TransformJob
from stacks.constructs.shared.retained_logs import RetainedLogs

_WINDOW = Duration.hours(24)
_CAPACITY_PAUSE = Duration.minutes(10)
# Step Functions calls every error of SageMaker that its API does not list by the first name:
# throttling, but what no later try heals as well.
_MAYBE_PASSING = ("SageMaker.AmazonSageMakerException", "SageMaker.ThrottlingException")
_ALL_INSTANCES_IN_USE = "SageMaker.ResourceLimitExceededException"
# How the reason of a failed job begins when there is no instance, and when a request was refused.
_NO_CAPACITY, _REQUEST_REFUSED = "CapacityError", "ClientError"


class BatchStateMachine(Construct):
    """A state machine whose executions are called after their batches.

    It has a physical name, so that the rights to its executions, and the functions that it calls,
    can name it. docs/decisions/0018-a-batch-is-rounds-of-transform-jobs.md draws it.

    Attributes:
        machine: the state machine.
        arn: its ARN.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        prepare: lambda_.IFunction,
        collect: lambda_.IFunction,
        job: TransformJob,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name
        self.machine = sfn.StateMachine(
            self,
            "Resource",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_chainable(self._states(prepare, collect, job)),
            timeout=_WINDOW.plus(Duration.hours(1)),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=RetainedLogs(self, "Logs", days=log_retention_days),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        self._grant(job, prepare, collect)

    @property
    def arn(self) -> str:
        """ARN of the state machine."""
        return self._arn_of("stateMachine", self._name)

    def grant_run(self, role: iam.IRole) -> None:
        """Let a role of any stack start executions and stop them."""
        executions = self._arn_of("execution", f"{self._name}:*")
        start = iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.arn])
        stop = iam.PolicyStatement(actions=["states:StopExecution"], resources=[executions])
        for statement in (start, stop):
            role.add_to_principal_policy(statement)
        acknowledge_wildcard(role, executions, "every execution of one state machine")

    def _states(
        self, prepare: lambda_.IFunction, collect: lambda_.IFunction, job: TransformJob
    ) -> sfn.IChainable:
        prepared = _invoke(self, "Prepare", prepare)
        collected = _invoke(self, "Collect", collect, result_path="$.collected")
        transform = sfn.CustomState(self, "Transform", state_json=job.state(_WINDOW))
        done = sfn.Succeed(self, "Done")
        failed = sfn.Fail(self, "Failed", error="BatchFailed", cause="see the batch's errors")

        prepared.add_catch(collected, result_path="$.error")
        wait = sfn.Wait(self, "WaitForCapacity", time=sfn.WaitTime.duration(_CAPACITY_PAUSE))
        keep = sfn.Pass(self, "KeepError", input_path="$.refused", result_path="$.error")
        short = _says("$.refused.Cause", _NO_CAPACITY)
        refused = (
            sfn.Choice(self, "CapacityIsShort")
            .when(short, wait.next(transform))
            .otherwise(keep.next(collected))
        )
        transform.add_retry(
            errors=[*_MAYBE_PASSING], interval=Duration.seconds(10), backoff_rate=2, max_attempts=4
        )
        transform.add_retry(
            errors=[_ALL_INSTANCES_IN_USE],
            interval=_CAPACITY_PAUSE,
            backoff_rate=1,
            max_attempts=6,
        )
        transform.add_catch(refused, result_path="$.refused")
        transform.next(collected)
        again = sfn.Pass(self, "NextRound", input_path="$.collected")
        collected.next(
            sfn.Choice(self, "MoreToDo")
            .when(_says_proceed("$.collected.proceed"), again.next(transform))
            .when(_says("$.error.Cause", _REQUEST_REFUSED), done)
            .when(sfn.Condition.is_present("$.error"), failed)
            .otherwise(done)
        )
        prepared.next(
            sfn.Choice(self, "Proceed").when(_says_proceed("$.proceed"), transform).otherwise(done)
        )
        return prepared

    def _grant(self, job: TransformJob, *functions: lambda_.IFunction) -> None:
        machine = self.machine
        for statement in job.statements():
            machine.add_to_role_policy(statement)
        acknowledge_wildcard(
            machine, job.arns, "the jobs of one stage, by the prefix of their name"
        )
        for function in functions:
            every_version = f"{function.function_arn}:*"
            acknowledge_wildcard(machine, every_version, "CDK's grant: every version of a function")
        acknowledge(
            machine,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray and the delivery of logs know no resources",
        )

    def _arn_of(self, resource: str, name: str) -> str:
        arn: str = Stack.of(self).format_arn(
            service="states",
            resource=resource,
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return arn


def _invoke(
    scope: Construct, construct_id: str, function: lambda_.IFunction, *, result_path: str = "$"
) -> tasks.LambdaInvoke:
    invoke = tasks.LambdaInvoke(
        scope,
        construct_id,
        lambda_function=function,
        payload_response_only=True,
        result_path=result_path,
    )
    # CDK's own retries leave out that too many functions run.
    invoke.add_retry(errors=["Lambda.TooManyRequestsException"], max_attempts=6, backoff_rate=2)
    return invoke


def _says_proceed(path: str) -> sfn.Condition:
    condition: sfn.Condition = sfn.Condition.and_(
        sfn.Condition.is_present(path), sfn.Condition.boolean_equals(path, True)
    )
    return condition


def _says(path: str, word: str) -> sfn.Condition:
    condition: sfn.Condition = sfn.Condition.and_(
        sfn.Condition.is_present(path), sfn.Condition.string_matches(path, f"*{word}*")
    )
    return condition
