"""The [batch] section: jobs over files, on instances that live as long as a job."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from stacks.config.section import RetentionDays, Section
from stacks.config.serving.host import Count
from stacks.config.serving.schedule import OwnNames, RecurringExpression, ScheduleName
from stacks.engines import instances

_MAX_MB_AT_ONCE = 100


def _is_offered(instance_type: str) -> str:
    instances.check_offered(instance_type, "transform")
    return instance_type


class ScheduleConfig(Section):
    """[[batch.schedules]]: a batch that recurs.

    Attributes:
        name: part of the schedule's and batch's ids. Sets AWS::Scheduler::Schedule.Target.
        expression: recurrence in UTC, like `rate(1 day)` or `cron(0 3 * * ? *)`. Sets
            AWS::Scheduler::Schedule.ScheduleExpression.
        input_prefix: prefix of the batch bucket that ends in "/"; its *.jsonl files are the batch.
            Sets AWS::Scheduler::Schedule.Target and AWS::IAM::Policy.PolicyDocument.
    """

    name: ScheduleName
    expression: RecurringExpression
    input_prefix: Annotated[str, StringConstraints(pattern=r"^scheduled/([\w.-]+/)+$")]


class BatchConfig(Section):
    """[batch]: jobs over files, switched on by the section; free between jobs.

    https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html

    Attributes:
        instance_type: SageMaker batch transform instance type, such as ml.g6e.xlarge. Sets
            AWS::StepFunctions::StateMachine.DefinitionString.
        instance_count: most instances of one job, which has no more of them than shards. Sets
            TWIN_BATCH_INSTANCE_COUNT.
        max_concurrent_transforms: requests sent to one container at once; times max_payload_mb at
            most 100. Sets AWS::StepFunctions::StateMachine.DefinitionString.
        max_payload_mb: largest request in MB. Sets
            AWS::StepFunctions::StateMachine.DefinitionString and TWIN_BATCH_MAX_PAYLOAD_MB.
        lines_per_shard: requests in one file of a job; instances share files, and a failed request
            takes its file with it. Sets TWIN_BATCH_LINES_PER_SHARD.
        retention_days: days that files and results are kept. Sets
            AWS::S3::Bucket.LifecycleConfiguration and TWIN_BATCH_RETENTION_DAYS.
        log_retention_days: days that the functions' and the state machine's logs are kept. Sets
            AWS::Logs::LogGroup.RetentionInDays.
        model_archive: the weights as `s3://.../model.tar.gz`, for a model with model.s3: batch
            transform takes no uncompressed prefix. Other models need none. Sets
            AWS::SageMaker::Model.ModelDataUrl.
        schedules: batches that recur.
    """

    instance_type: Annotated[str, AfterValidator(_is_offered)]
    instance_count: Count = 1
    max_concurrent_transforms: Annotated[int, Field(ge=1, le=_MAX_MB_AT_ONCE)] = 16
    max_payload_mb: Annotated[int, Field(ge=1, le=_MAX_MB_AT_ONCE)] = 1
    lines_per_shard: Annotated[int, Field(ge=1, le=50_000)] = 500
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    log_retention_days: RetentionDays = 30
    model_archive: (
        Annotated[
            str,
            StringConstraints(
                pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(.+/)?[^/]+\.tar\.gz$"
            ),
        ]
        | None
    ) = None
    schedules: Annotated[list[ScheduleConfig], OwnNames] = Field(
        default_factory=list, max_length=20
    )

    @model_validator(mode="after")
    def _payloads_fit(self) -> Self:
        if self.max_concurrent_transforms * self.max_payload_mb > _MAX_MB_AT_ONCE:
            most = _MAX_MB_AT_ONCE // self.max_payload_mb
            raise ValueError(
                f"max_concurrent_transforms: got {self.max_concurrent_transforms}; must be at most "
                f"{most} with max_payload_mb {self.max_payload_mb}: their product is at most "
                f"{_MAX_MB_AT_ONCE}"
            )
        return self
