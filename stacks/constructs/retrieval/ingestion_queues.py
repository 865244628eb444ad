"""The queues of ingestion: documents that changed, and records to be published."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.shared.private_queue import PrivateQueue

DOCUMENT_SECONDS = 300
PUBLISH_SECONDS = 300
"""Longest run of the functions that consume the queues."""

_MOST_TRIES = 5
_OLDEST_SECONDS = 900


class IngestionQueues(Construct):
    """Queues of documents to look at and of records to publish, with alarms.

    Attributes:
        documents: S3's notifications of documents.
        publications: names of documents whose records are new.
        dead_letters: what was tried in vain.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = PrivateQueue(self, "DeadLetters", days=14, hidden_seconds=30)
        given_up = sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_MOST_TRIES)
        self.documents = PrivateQueue(
            self,
            "Documents",
            days=4,
            hidden_seconds=6 * DOCUMENT_SECONDS,
            dead_letters=given_up,
        )
        self.publications = PrivateQueue(
            self,
            "Publications",
            days=4,
            hidden_seconds=6 * PUBLISH_SECONDS,
            dead_letters=given_up,
        )
        self._alarm(
            "Unread",
            "Documents were given up, or records were not published.",
            self.dead_letters.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic=cloudwatch.Stats.MAXIMUM
            ),
            threshold=1,
        )
        for construct_id, queue, waits in (
            ("Behind", self.documents, "upload waits to be read"),
            ("Unpublished", self.publications, "record waits to be published"),
        ):
            self._alarm(
                construct_id,
                f"The oldest {waits} for a quarter of an hour.",
                queue.metric_approximate_age_of_oldest_message(
                    period=Duration.minutes(1), statistic=cloudwatch.Stats.MAXIMUM
                ),
                threshold=_OLDEST_SECONDS,
            )

    def _alarm(
        self, construct_id: str, description: str, metric: cloudwatch.Metric, *, threshold: float
    ) -> None:
        cloudwatch.Alarm(
            self,
            construct_id,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
