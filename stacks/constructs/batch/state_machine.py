"""The state machine of a batch: prepare shards, transform them, collect the results."""

from __future__ import annotations

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.checks import acknowledge, acknowledge_wildcard
from stacks.constructs.batch.retries import (
    ALL_INSTANCES_IN_USE,
    CAPACITY_PAUSE,
    retry_function,
    retry_job,
    retry_look,
)
from stacks.constructs.batch.transform_job import PAUSE_SECONDS, TransformJob
from stacks.constructs.shared.retained_logs import RetainedLogs
from stacks.constructs.shared.trust import trusted

_WINDOW = Duration.hours(24)
# How the reason of a failed job begins when there is no instance, and when a request was refused.
_NO_CAPACITY, _REQUEST_REFUSED = "CapacityError", "ClientError"
# In the cause of a refusal by SageMaker's API that a later try may heal: the SDK has no code there.
_PASSING = ("Status Code: 5", "Rate exceeded", "Unable to execute HTTP request")


class BatchStateMachine(Construct):
    """A state machine whose executions are called after their batches.

    It has a physical name, so that the rights to its executions, and the functions that it calls,
    can name it. docs/decisions/0018-a-batch-is-rounds-of-transform-jobs.md draws it, 0074 tells
    how it ends.

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
        finish: lambda_.IFunction,
        job: TransformJob,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name
        self._failed = sfn.Fail(self, "Failed", error="BatchFailed", cause="see the batch's errors")
        self.machine = sfn.StateMachine(
            self,
            "Resource",
            state_machine_name=name,
            role=iam.Role(self, "Role", assumed_by=trusted("states")),
            definition_body=sfn.DefinitionBody.from_chainable(
                self._states(
                    _invoke(self, "Prepare", prepare), self._collected(collect, finish), job
                )
            ),
            timeout=_WINDOW.plus(Duration.hours(1)),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=RetainedLogs(self, "Logs", days=log_retention_days),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
        )
        self._grant(job, prepare, collect, finish)

    @property
    def arn(self) -> str:
        """ARN of the state machine."""
        return self._arn_of("stateMachine", self._name)

    def grant_run(self, role: iam.IRole) -> None:
        """Let a role of any stack start executions and stop them."""
        start = iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.arn])
        role.add_to_principal_policy(start)
        self._grant_executions(role, "states:StopExecution")

    def grant_end(self, role: iam.IRole) -> None:
        """Let a role see how executions are, and stop them."""
        self._grant_executions(role, "states:DescribeExecution", "states:StopExecution")

    def _grant_executions(self, role: iam.IRole, *actions: str) -> None:
        executions = self._arn_of("execution", f"{self._name}:*")
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=[*actions], resources=[executions])
        )
        acknowledge_wildcard(role, executions, "every execution of one state machine")

    def _states(
        self, prepared: tasks.LambdaInvoke, collected: tasks.LambdaInvoke, job: TransformJob
    ) -> sfn.IChainable:
        transform = sfn.CustomState(self, "Transform", state_json=job.start())
        retry_job(transform)
        refused = self._refused(transform, collected)
        transform.add_catch(refused, result_path="$.refused")
        transform.next(self._awaited(job, collected, refused))
        prepared.add_catch(collected, result_path="$.error")
        done = sfn.Succeed(self, "Done")
        again = sfn.Pass(self, "NextRound", input_path="$.collected")
        collected.next(
            sfn.Choice(self, "MoreToDo")
            .when(_says_proceed("$.collected.proceed"), again.next(transform))
            .when(_says("$.error.Cause", _REQUEST_REFUSED), done)
            .when(sfn.Condition.is_present("$.error"), self._failed)
            .otherwise(done)
        )
        prepared.next(
            sfn.Choice(self, "Proceed").when(_says_proceed("$.proceed"), transform).otherwise(done)
        )
        return prepared

    def _collected(
        self, collect: lambda_.IFunction, finish: lambda_.IFunction
    ) -> tasks.LambdaInvoke:
        """Return the step that collects; if that fails, the batch ends with what answers exist."""
        collected = _invoke(self, "Collect", collect, result_path="$.collected")
        finished = _invoke(self, "Finish", finish, result_path="$.finished")
        collected.add_catch(finished, result_path="$.error")
        finished.add_catch(self._failed, result_path="$.error")
        finished.next(self._failed)
        return collected

    def _awaited(
        self, job: TransformJob, collected: sfn.IChainable, refused: sfn.IChainable
    ) -> sfn.IChainable:
        """Return the states that look at a job until it has ended, at ever longer pauses."""
        pause = sfn.Wait(self, "Pause", time=sfn.WaitTime.seconds_path("$.transform.pause"))
        look = sfn.CustomState(self, "Look", state_json=job.look())
        retry_look(look)
        look.add_catch(refused, result_path="$.refused")
        longer = sfn.Pass(
            self,
            "LongerPause",
            parameters={
                "name.$": "$.transform.name",
                "pause.$": f"States.MathAdd($.transform.pause, {PAUSE_SECONDS})",
            },
            result_path="$.transform",
        )
        # As `Catch` gives an error: the reason is somewhere in the job's description.
        failed = sfn.Pass(
            self,
            "JobFailed",
            parameters={"Error": "TransformJobFailed", "Cause.$": "States.JsonToString($.job)"},
            result_path="$.refused",
        )
        status, going_on = "$.job.TransformJobStatus", ("InProgress", "Stopping")
        running = [sfn.Condition.string_equals(status, word) for word in going_on]
        pause.next(look)
        look.next(
            sfn.Choice(self, "HasEnded")
            .when(sfn.Condition.string_equals(status, "Completed"), collected)
            .when(sfn.Condition.or_(*running), longer.next(pause))
            .otherwise(failed.next(refused))
        )
        return pause

    def _refused(self, transform: sfn.IChainable, collected: sfn.IChainable) -> sfn.IChainable:
        """Return the way of a job that failed or never started: again later, or to be collected."""
        later = sfn.Wait(self, "TryLater", time=sfn.WaitTime.duration(CAPACITY_PAUSE))
        later.next(transform)
        keep = sfn.Pass(self, "KeepError", input_path="$.refused", result_path="$.error")
        quota = sfn.Condition.string_equals("$.refused.Error", ALL_INSTANCES_IN_USE)
        words = [_says("$.refused.Cause", word) for word in (_NO_CAPACITY, *_PASSING)]
        keep.next(collected)
        passing = sfn.Choice(self, "MayPass")
        passing.when(quota, keep)
        passing.when(sfn.Condition.or_(*words), later)
        passing.otherwise(keep)
        return passing

    def _grant(self, job: TransformJob, *functions: lambda_.IFunction) -> None:
        machine = self.machine
        for statement in job.statements():
            machine.add_to_role_policy(statement)
        acknowledge_wildcard(self, job.arns, "the jobs of one stage, by the form of their name")
        for function in functions:
            every_version = f"{function.function_arn}:*"
            acknowledge_wildcard(self, every_version, "CDK's grant: every version of a function")
        acknowledge(
            self,
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
        # CDK's own retries are over within two minutes.
        retry_on_service_exceptions=False,
        result_path=result_path,
    )
    retry_function(invoke)
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
