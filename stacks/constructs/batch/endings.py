"""Safety nets below the state machine: a finisher runs at once, a sweeper each hour."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from stacks.checks import acknowledge, acknowledge_wildcard
from stacks.constructs.batch.state_machine import BatchStateMachine
from stacks.constructs.batch.transform_job import TransformJob
from stacks.constructs.function.service_function import ServiceFunction

_HOUR = Duration.hours(1)


class Endings(Construct):
    """The events that run the finisher and the sweeper, and an alarm if a sweep fails.

    docs/decisions/0074-accepted-batches-end.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: BatchStateMachine,
        job: TransformJob,
        finish: ServiceFunction,
        sweep: ServiceFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        machine.grant_end(sweep.runtime_role)
        for statement in job.stopping_statements():
            finish.runtime_role.add_to_principal_policy(statement)
        acknowledge_wildcard(finish, job.arns, "the jobs of one stage, by the form of their name")
        acknowledge(finish, "AwsSolutions-IAM5[Resource::*]", "a list of jobs knows no resources")
        sweep.add_environment("TWIN_BATCH_STATE_MACHINE_ARN", machine.arn)
        events.Rule(
            self,
            "ExecutionCutShort",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [machine.arn],
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                },
            ),
            targets=[targets.LambdaFunction(finish)],
        )
        events.Rule(
            self,
            "EachHour",
            schedule=events.Schedule.rate(_HOUR),
            targets=[targets.LambdaFunction(sweep)],
        )
        cloudwatch.Alarm(
            self,
            "SweepFailures",
            metric=sweep.metric_errors(period=_HOUR),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
