"""The two functions that keep the index equal to the documents."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.function.memory import DOCUMENT_MB
from stacks.constructs.function.schedule import HOUR, run_each
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.retrieval.features_bucket import (
    DOCUMENTS,
    INDEX,
    RECORDS,
    FeaturesBucket,
)
from stacks.constructs.retrieval.ingestion_queues import (
    DOCUMENT_SECONDS,
    PUBLISH_SECONDS,
    IngestionQueues,
)
from stacks.constructs.shared.private_queue import consume

_DOCUMENTS_AT_ONCE = 10
_DOCUMENTS_A_RUN = 1
"""A run that ends in the middle counts a try for each of its messages: nobody's document is to be
given up for another's. docs/decisions/0210"""

_PUBLISHERS = 2
"""Lambda's least: which of two publishers was first, a conditional put decides."""

_BATCH = 1000
_WINDOW_SECONDS = 5


class Ingestion(Construct):
    """Two functions: one reads documents, the other publishes their chunks.

    Attributes:
        document: the function that makes records of documents.
        publish: the function that makes generations of records.

    docs/decisions/0112-ingestion-makes-state-equal.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        environment: dict[str, str],
        bucket: FeaturesBucket,
        queues: IngestionQueues,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self._code, self._log_retention_days = code, log_retention_days
        self._environment = {
            **environment,
            "TWIN_FEATURES_DOCUMENTS_BUCKET": bucket.bucket_name,
            "TWIN_FEATURES_INDEX_BUCKET": bucket.bucket_name,
        }
        self.document = self._document(bucket, queues)
        self.publish = self._publish(bucket, queues)

    def _document(self, bucket: FeaturesBucket, queues: IngestionQueues) -> ServiceFunction:
        function = self._function("Document", "document", DOCUMENT_SECONDS)
        function.add_environment("TWIN_FEATURES_DOCUMENT_QUEUE_URL", queues.documents.queue_url)
        function.add_environment("TWIN_FEATURES_PUBLISH_QUEUE_URL", queues.publications.queue_url)
        role = function.runtime_role
        for prefix in (DOCUMENTS, INDEX):
            bucket.grant_objects(role, "s3:GetObject", below=prefix)
        bucket.grant_objects(role, "s3:PutObject", below=RECORDS)
        bucket.grant_list(role)
        for queue in (queues.publications, queues.documents):
            queue.grant(function, "sqs:SendMessage")
        queues.documents.grant(function, "sqs:ChangeMessageVisibility")
        consume(
            function,
            queues.documents,
            at_once=_DOCUMENTS_AT_ONCE,
            most_messages=_DOCUMENTS_A_RUN,
        )
        # A changed embedder has documents that nobody uploads again.
        run_each(HOUR, function, {"fill": True})
        return function

    def _publish(self, bucket: FeaturesBucket, queues: IngestionQueues) -> ServiceFunction:
        function = self._function("Publish", "publish", PUBLISH_SECONDS)
        role = function.runtime_role
        bucket.grant_objects(role, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", below=INDEX)
        bucket.grant_list(role)
        function.add_environment("TWIN_FEATURES_PUBLISH_QUEUE_URL", queues.publications.queue_url)
        queues.publications.grant(function, "sqs:ChangeMessageVisibility")
        consume(
            function,
            queues.publications,
            at_once=_PUBLISHERS,
            most_messages=_BATCH,
            window=Duration.seconds(_WINDOW_SECONDS),
        )
        # What was deleted leaves the bucket though nothing is ever published after it.
        run_each(HOUR, function, {"sweep": True})
        return function

    def _function(self, construct_id: str, handler: str, seconds: int) -> ServiceFunction:
        return ServiceFunction(
            self,
            construct_id,
            code=self._code,
            handler=f"features.handlers.{handler}.handler",
            environment=self._environment,
            timeout_seconds=seconds,
            memory_mb=DOCUMENT_MB,
            log_retention_days=self._log_retention_days,
        )
