"""The asynchronous endpoint's stack: long, large or bursty work waits in a queue."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.config import AsyncConfig, StageConfig
from stacks.constructs.endpoint.async_endpoint import FAILURES, INPUTS, OUTPUTS, AsyncEndpoint
from stacks.constructs.model.hosted_model import HostedModel
from stacks.constructs.shared.job_bucket import JobBucket


class AsyncStack(Stack):
    """The stage's model on an asynchronous endpoint of its own.

    Attributes:
        endpoint: the endpoint that the API submits requests to.
        bucket: the bucket of requests, their state and their answers.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        asynchronous: AsyncConfig,
        root: Path,
        package: Path,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: asynchronous SageMaker endpoint"
        super().__init__(scope, construct_id, description=description, env=env)
        name = f"{config.endpoint_name}-async"
        self.bucket = JobBucket(
            self,
            "Jobs",
            retention_days=asynchronous.retention_days,
            prefixes=(INPUTS, OUTPUTS, FAILURES),
        )
        model = HostedModel(
            self,
            "Model",
            config=config,
            hosts=asynchronous,
            log_group_name=f"/aws/sagemaker/Endpoints/{name}",
            root=root,
        )
        limit = asynchronous.concurrent_invocations_per_instance
        self.endpoint = AsyncEndpoint(
            self,
            "Endpoint",
            endpoint_name=name,
            model=model,
            config=asynchronous,
            concurrency=limit or config.model.max_concurrent_sequences,
            ami=model.ami,
            bucket=self.bucket,
            code=lambda_.Code.from_asset(str(package)),
        )
        CfnOutput(self, "EndpointName", value=self.endpoint.name)
        for name, value in self.endpoint.deployed.items() if config.model.registry else ():
            CfnOutput(self, name, value=value)
        CfnOutput(self, "BucketName", value=self.bucket.bucket_name)
