"""The retrieval stack: documents, their index, and the search over it."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput, Duration, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.config import LimitsConfig, RetrievalConfig, StageConfig
from stacks.constructs.function.environment import (
    features_environment,
    retrieval_environment,
    vector_store_environment,
)
from stacks.constructs.function.schedule import DAY, run_each
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.retrieval.features_bucket import DOCUMENTS, STORES, FeaturesBucket
from stacks.constructs.retrieval.ingestion import Ingestion
from stacks.constructs.retrieval.ingestion_queues import IngestionQueues
from stacks.constructs.retrieval.search_function import SearchFunction
from stacks.constructs.retrieval.vector_index import VectorIndex
from stacks.constructs.shared.job_bucket import FILES
from stacks.constructs.shared.private_bucket import OBJECT_ACTIONS


class RetrievalStack(Stack):
    """Documents that become features, and the function that finds them.

    Attributes:
        bucket: the bucket of documents and of the index.
        search: the function that searches.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        retrieval: RetrievalConfig,
        package: Path,
        env: Environment,
    ) -> None:
        about = f"{config.model.id}: documents to answer from"
        super().__init__(scope, construct_id, description=about, env=env)
        self._config, self._retrieval = config, retrieval
        self._keeps_files = config.batch is None  # with [batch] all files lie in its bucket
        code = lambda_.Code.from_asset(str(package))
        environment = features_environment(config, retrieval)
        queues = IngestionQueues(self, "Queues")
        self.bucket = FeaturesBucket(
            self, "Features", events=queues.documents, keeps_files=self._keeps_files
        )
        ingestion = Ingestion(
            self,
            "Ingestion",
            code=code,
            environment=environment,
            bucket=self.bucket,
            queues=queues,
            log_retention_days=retrieval.log_retention_days,
        )
        self.search = SearchFunction(
            self,
            "Search",
            code=code,
            environment=environment,
            bucket=self.bucket,
            memory_mb=retrieval.memory_mb,
            log_retention_days=retrieval.log_retention_days,
            failures=self._read_failures,
        )
        for function in (ingestion.document, ingestion.publish, self.search):
            self._let_embed(function, retrieval)
        if retrieval.store == "s3-vectors":
            self._search_vectors(ingestion)
        CfnOutput(self, "BucketName", value=self.bucket.bucket_name)
        CfnOutput(self, "SearchFunctionName", value=self.search.function_name)
        CfnOutput(self, "DocumentFunctionName", value=ingestion.document.function_name)

    @property
    def _read_failures(self) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._config.project.name,
            metric_name="IndexReadFailures",
            dimensions_map={"stage": self._config.stage},
            period=Duration.minutes(1),
            statistic=cloudwatch.Stats.SUM,
        )

    def serve(
        self, streaming: ServiceFunction, control: ServiceFunction, limits: LimitsConfig
    ) -> None:
        """Let both functions search, and the control function alone keep stores and documents.

        Nothing that answers writes either, and nobody but ingestion the index.
        """
        for function in (streaming, control):
            self._let_search(function)
        files = (FILES,) if self._keeps_files else ()
        for prefix in (STORES, DOCUMENTS, *files):
            self.bucket.grant_objects(control.runtime_role, *OBJECT_ACTIONS, below=prefix)
        for name, value in vector_store_environment(limits).items():
            control.add_environment(name, value)
        # Stores whose owners do not come back expire, too.
        run_each(DAY, control, {"sweep": True})

    def _search_vectors(self, ingestion: Ingestion) -> None:
        """Have chunks lie in S3 Vectors."""
        vectors = VectorIndex(self, "Vectors", config=self._retrieval)
        vectors.grant_write(ingestion.publish.runtime_role)
        vectors.grant_query(self.search.runtime_role)
        for function in (ingestion.document, ingestion.publish, self.search):
            function.add_environment("TWIN_FEATURES_VECTOR_INDEX", vectors.arn)

    def _let_search(self, function: ServiceFunction) -> None:
        environment = retrieval_environment(
            self._retrieval,
            search_function=self.search.function_name,
            bucket=self.bucket.bucket_name,
            context_length=self._config.model.context_length,
        )
        for name, value in environment.items():
            function.add_environment(name, value)
        function.runtime_role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[self.search.function_arn]
            )
        )
        self.bucket.grant_objects(function.runtime_role, "s3:GetObject", below=STORES)
        self.bucket.grant_list(function.runtime_role)

    def _let_embed(self, function: ServiceFunction, config: RetrievalConfig) -> None:
        """Let a function call the embedder, where that is a model behind AWS's API."""
        if config.embedder == "sagemaker":
            action, service = "sagemaker:InvokeEndpoint", "sagemaker"
            arn = self.format_arn(
                service=service, resource="endpoint", resource_name=config.embedder_model
            )
        elif config.embedder == "bedrock":
            action = "bedrock:InvokeModel"
            arn = self.format_arn(
                service="bedrock",
                account="",
                resource="foundation-model",
                resource_name=config.embedder_model,
            )
        else:
            return
        function.runtime_role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[arn]))
