"""The transform jobs of batches; no other module calls SageMaker's control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient

_ATTEMPTS = 8


class TransformJobs:
    """Transform jobs, named after their batches.

    Args:
        client: The SageMaker client.
    """

    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """Return the jobs with a client of its own; no request is sent yet."""
        retries = Config(retries={"mode": "standard", "total_max_attempts": _ATTEMPTS})
        return cls(boto3.client("sagemaker", config=retries))

    def stop(self, batch_id: str) -> None:
        """Stop the jobs of a batch that run; those that have ended meanwhile stay as they are.

        Raises:
            BotoCoreError, ClientError: AWS cannot be asked, or refuses.
        """
        pages = self._client.get_paginator("list_transform_jobs").paginate(
            NameContains=batch_id.rpartition("_")[2], StatusEquals="InProgress"
        )
        for page in pages:
            for job in page["TransformJobSummaries"]:
                self._stop(job["TransformJobName"])

    def _stop(self, name: str) -> None:
        try:
            self._client.stop_transform_job(TransformJobName=name)
        except ClientError as error:
            # The job ended by itself, in the same moment.
            if error.response["Error"]["Code"] != "ValidationException":
                raise
