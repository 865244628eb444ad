"""The queues behind a webhook: nothing in them is lost without an alarm."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.shared.private_queue import PrivateQueue

CONSUMER_SECONDS = 60
"""Longest run of the functions that consume the queues."""

MOST_BATCHES = 5
"""Batches at once, of ten requests to the receiver each: it is one service, perhaps a small one."""

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
        self.dead_letters = PrivateQueue(
            self, "DeadLetters", days=14, hidden_seconds=_HIDDEN_SECONDS
        )
        given_up = sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MOST_TRIES)
        self.events = PrivateQueue(
            self, "Events", days=4, hidden_seconds=_HIDDEN_SECONDS, dead_letters=given_up
        )
        self.watches = PrivateQueue(
            self, "Watches", days=4, hidden_seconds=_HIDDEN_SECONDS, dead_letters=given_up
        )
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
