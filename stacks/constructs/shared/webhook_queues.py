"""The queues behind a webhook: nothing in them is lost without an alarm."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

CONSUMER_SECONDS = 60
"""Longest run of the functions that consume the queues."""

# docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: six times the function's.
_HIDDEN_SECONDS = 6 * CONSUMER_SECONDS

MOST_TRIES = 36
"""More than a day of the delays in `lambda_api.webhooks.message_queue`."""


class WebhookQueues(Construct):
    """Queues of events to be delivered, and of responses to be looked at until they are told of.

    Attributes:
        events: events on their way to the receiver.
        watches: background responses that have not been told of.
        dead_letters: what was tried for a day in vain; it can be sent back to where it was.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = self._queue("DeadLetters", days=14)
        given_up = sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MOST_TRIES)
        self.events = self._queue("Events", days=4, dead_letters=given_up)
        self.watches = self._queue("Watches", days=4, dead_letters=given_up)
        cloudwatch.Alarm(
            self,
            "Undelivered",
            alarm_description="Events of the webhook, or looks at responses, were given up.",
            metric=self.dead_letters.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic=cloudwatch.Stats.MAXIMUM
            ),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _queue(
        self, construct_id: str, *, days: int, dead_letters: sqs.DeadLetterQueue | None = None
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # A message that outlives it vanishes, past any dead-letter queue.
            retention_period=Duration.days(days),
            visibility_timeout=Duration.seconds(_HIDDEN_SECONDS),
            dead_letter_queue=dead_letters,
            removal_policy=RemovalPolicy.DESTROY,
        )
