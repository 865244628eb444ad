"""The batch stack: work through files, on instances that live as long as a job."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput, Duration, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from stacks.config import BatchConfig, StageConfig
from stacks.config.serving.batch import ScheduleConfig
from stacks.constructs.batch.endings import Endings
from stacks.constructs.batch.state_machine import BatchStateMachine
from stacks.constructs.batch.transform_job import TransformJob
from stacks.constructs.function.environment import batch_environment, service_environment
from stacks.constructs.function.memory import BATCH_STEP_MB
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.model.transform_model import TransformModel
from stacks.constructs.shared.job_bucket import FILES, JobBucket
from stacks.constructs.shared.private_bucket import OBJECT_ACTIONS

BATCHES = "batches/"
"""Key prefix of batches in the bucket."""

_FUNCTION_SECONDS = 900


class BatchStack(Stack):
    """The stage's model for batch transform, and the state machine that runs batches on it.

    Attributes:
        machine: the state machine that runs a batch.
        bucket: the bucket of files and batches.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        batch: BatchConfig,
        root: Path,
        package: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: batches on SageMaker batch transform"
        super().__init__(scope, construct_id, description=description, env=env)
        self._config, self._batch = config, batch
        self.bucket = JobBucket(
            self, "Jobs", retention_days=batch.retention_days, prefixes=(FILES, BATCHES)
        )
        model = self._model(root)
        code = lambda_.Code.from_asset(str(package))
        prepare = self._function("Prepare", "batch_prepare", code)
        finish = self._function("Finish", "batch_finish", code)
        job = TransformJob(
            stack=self,
            prefix=f"{config.endpoint_name}-",
            model_name=model.name,
            ami=model.ami,
            config=batch,
            tags=config.project.tags,
        )
        self.machine = BatchStateMachine(
            self,
            "Machine",
            name=f"{config.endpoint_name}-batch",
            prepare=prepare,
            collect=self._function("Collect", "batch_collect", code),
            finish=finish,
            job=job,
            log_retention_days=batch.log_retention_days,
        )
        sweep = self._function("Sweep", "batch_sweep", code)
        Endings(self, "Endings", machine=self.machine, job=job, finish=finish, sweep=sweep)
        for schedule in batch.schedules:
            self._schedule(schedule)
            prefix = schedule.input_prefix
            self.bucket.grant_objects(prepare.runtime_role, "s3:GetObject", below=prefix)
        self._alarm()
        CfnOutput(self, "BucketName", value=self.bucket.bucket_name)
        CfnOutput(self, "StateMachineArn", value=self.machine.arn)

    def serve(self, control: ServiceFunction) -> None:
        """Let the API's control function keep files and batches, and run the latter."""
        role = control.runtime_role
        for prefix in (FILES, BATCHES):
            self.bucket.grant_objects(role, *OBJECT_ACTIONS, below=prefix)
        self.bucket.grant_list(role)
        self.machine.grant_run(role)
        control.add_environment("TWIN_BATCH_STATE_MACHINE_ARN", self.machine.arn)

    def _model(self, root: Path) -> TransformModel:
        """Return the model, whose role reads a job's input and writes the output."""
        model = TransformModel(self, "Model", config=self._config, batch=self._batch, root=root)
        actions = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
        self.bucket.grant_objects(model.role, *actions, below=BATCHES)
        self.bucket.grant_list(model.role, below=BATCHES)
        return model

    def _function(self, construct_id: str, module: str, code: lambda_.Code) -> ServiceFunction:
        function = ServiceFunction(
            self,
            construct_id,
            code=code,
            handler=f"lambda_api.handlers.{module}.handler",
            environment={
                **service_environment(self._config),
                **batch_environment(self._batch, bucket=self.bucket.bucket_name),
            },
            timeout_seconds=_FUNCTION_SECONDS,
            memory_mb=BATCH_STEP_MB,
            log_retention_days=self._batch.log_retention_days,
        )
        for prefix in (FILES, BATCHES):
            self.bucket.grant_objects(function.runtime_role, *OBJECT_ACTIONS, below=prefix)
        # What a batch leaves is written in parts, which an upload that fails takes back.
        self.bucket.grant_objects(function.runtime_role, "s3:AbortMultipartUpload", below=FILES)
        self.bucket.grant_list(function.runtime_role)
        return function

    def _schedule(self, schedule: ScheduleConfig) -> None:
        """Start a batch of what lies below a prefix, again and again."""
        scheduler.Schedule(
            self,
            f"Schedule-{schedule.name}",
            schedule=scheduler.ScheduleExpression.expression(schedule.expression),
            target=targets.StepFunctionsStartExecution(
                self.machine.machine,
                input=scheduler.ScheduleTargetInput.from_object(
                    {
                        "owner": "schedules",
                        "schedule": schedule.name,
                        "input_prefix": schedule.input_prefix,
                        "run": scheduler.ContextAttribute.execution_id,
                    }
                ),
            ),
        )

    def _alarm(self) -> None:
        cloudwatch.Alarm(
            self,
            "Failures",
            metric=self.machine.machine.metric_failed(period=Duration.minutes(5)),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
