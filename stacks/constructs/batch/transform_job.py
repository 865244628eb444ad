"""The transform job of a batch: one request a record, its answer joined to the request's id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam

from stacks.config import BatchConfig

# The batch's 32 digits, and 4 of a UUID: a retry is another job, and jobs' names are used once.
_NAME = (
    "States.Format('{prefix}{{}}-{{}}', "
    "States.ArrayGetItem(States.StringSplit($.batch_id, '_'), 1), "
    "States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 1))"
)


PAUSE_SECONDS = 5
"""Pause before the first look at a job, and the growth of each further pause: a day has 186 looks,
well below the 25,000 events of an execution."""


@dataclass(frozen=True, kw_only=True)
class TransformJob:
    """A job over the shards below `$.input_uri`, started and looked at by Step Functions.

    Through the SDK integration: the optimized one refuses fields that it does not know, such as
    the host's AMI. docs/decisions/0153-batches-wait-for-their-jobs-themselves.md

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
        """ARN pattern of the jobs: as long as the names of another stage's never are."""
        arn: str = self.stack.format_arn(
            service="sagemaker",
            resource="transform-job",
            resource_name=f"{self.prefix}{'?' * 32}-{'?' * 4}",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return arn

    def start(self) -> dict[str, Any]:
        """Return the state that starts the job: `$.transform` has the job's name, and a pause.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
        """
        return {
            **_call("createTransformJob"),
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
            "ResultSelector": {
                "name.$": "States.ArrayGetItem(States.StringSplit($.TransformJobArn, '/'), 1)",
                "pause": PAUSE_SECONDS,
            },
            "ResultPath": "$.transform",
        }

    def look(self) -> dict[str, Any]:
        """Return the state that describes the job, in `$.job`."""
        return {
            **_call("describeTransformJob"),
            "Parameters": {"TransformJobName.$": "$.transform.name"},
            "ResultPath": "$.job",
        }

    def statements(self) -> list[iam.PolicyStatement]:
        """Return the rights that starting the job, with tags, and looking at it take."""
        actions = ("CreateTransformJob", "AddTags", "DescribeTransformJob")
        return [_allow(actions, self.arns)]

    def stopping_statements(self) -> list[iam.PolicyStatement]:
        """Return the rights that finding and stopping the stage's jobs take."""
        return [_allow(("StopTransformJob",), self.arns), _allow(("ListTransformJobs",), "*")]


def _call(operation: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:{Aws.PARTITION}:states:::aws-sdk:sagemaker:{operation}",
    }


def _allow(actions: tuple[str, ...], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[f"sagemaker:{action}" for action in actions], resources=[resource]
    )
