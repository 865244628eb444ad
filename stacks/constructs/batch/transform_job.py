"""The transform job of a batch: one request a record, its answer joined to the request's id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_iam as iam

from stacks.config import BatchConfig

# The batch's 32 digits, and 4 of a UUID: a retry is another job, and jobs' names are used once.
_NAME = (
    "States.Format('{prefix}{{}}-{{}}', "
    "States.ArrayGetItem(States.StringSplit($.batch_id, '_'), 1), "
    "States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 1))"
)


@dataclass(frozen=True, kw_only=True)
class TransformJob:
    """A job over the shards below `$.input_uri`, run and awaited by Step Functions.

    CDK's own task knows neither DataProcessing nor the host's AMI.

    Attributes:
        stack: stack that describes the job.
        prefix: start of the jobs' names.
        model_name: SageMaker model that answers.
        ami: host AMI, or none for SageMaker's default.
        config: the [batch] section.
        tags: tags that the job's cost is booked under.
    """

    stack: Stack
    prefix: str
    model_name: str
    ami: str | None
    config: BatchConfig
    tags: dict[str, str]

    @property
    def arns(self) -> str:
        """ARN pattern of the jobs."""
        arn: str = self.stack.format_arn(
            service="sagemaker",
            resource="transform-job",
            resource_name=f"{self.prefix}*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return arn

    def state(self, window: Duration) -> dict[str, Any]:
        """Return the state that runs the job for at most a window of time.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
        """
        return {
            "Type": "Task",
            "Resource": f"arn:{Aws.PARTITION}:states:::sagemaker:createTransformJob.sync",
            "TimeoutSeconds": window.to_seconds(),
            "Parameters": {
                "TransformJobName.$": _NAME.format(prefix=self.prefix),
                "ModelName": self.model_name,
                "BatchStrategy": "SingleRecord",
                "MaxConcurrentTransforms": self.config.max_concurrent_transforms,
                "MaxPayloadInMB": self.config.max_payload_mb,
                "ModelClientConfig": {
                    "InvocationsTimeoutInSeconds": 3600,
                    "InvocationsMaxRetries": 3,
                },
                "TransformInput": {
                    "DataSource": {
                        "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri.$": "$.input_uri"}
                    },
                    "ContentType": "application/json",
                    "SplitType": "Line",
                },
                "TransformOutput": {
                    "S3OutputPath.$": "$.output_uri",
                    "Accept": "application/json",
                    "AssembleWith": "Line",
                },
                "DataProcessing": {
                    "InputFilter": "$.request",
                    "JoinSource": "Input",
                    "OutputFilter": "$['id','SageMakerOutput']",
                },
                "TransformResources": {
                    "InstanceType": self.config.instance_type,
                    "InstanceCount.$": "$.instance_count",
                    **({"TransformAmiVersion": self.ami} if self.ami else {}),
                },
                "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
            },
            "ResultPath": "$.transform",
        }

    def statements(self) -> list[iam.PolicyStatement]:
        """Return the rights that running the job and waiting for the end take.

        https://docs.aws.amazon.com/step-functions/latest/dg/sagemaker-iam.html
        """
        rule = self.stack.format_arn(
            service="events",
            resource="rule",
            resource_name="StepFunctionsGetEventsForSageMakerTransformJobsRule",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        job = ["CreateTransformJob", "DescribeTransformJob", "StopTransformJob"]
        tags = ["AddTags", "ListTags"]
        return [
            iam.PolicyStatement(
                actions=[f"sagemaker:{action}" for action in (*job, *tags)], resources=[self.arns]
            ),
            iam.PolicyStatement(
                actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                resources=[rule],
            ),
        ]
