"""A queue as every stack wants it, encrypted and over TLS only, and the way to a function."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class PrivateQueue(sqs.Queue):
    """A queue that SQS encrypts and that no caller reaches without TLS."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        days: int,
        hidden_seconds: int,
        dead_letters: sqs.DeadLetterQueue | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # A message that outlives it vanishes, past any dead-letter queue.
            retention_period=Duration.days(days),
            # docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: six times.
            visibility_timeout=Duration.seconds(hidden_seconds),
            dead_letter_queue=dead_letters,
            removal_policy=RemovalPolicy.DESTROY,
        )


def consume(
    function: lambda_.Function,
    queue: sqs.IQueue,
    *,
    at_once: int,
    most_messages: int = 10,
    window: Duration | None = None,
) -> None:
    """Have a function handle a queue's messages; those reported as failed come again.

    CDK's event source would allow more than Lambda needs:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html

    Args:
        function: What handles them.
        queue: Where they come from.
        at_once: Most batches that are handled at the same time.
        most_messages: Most messages of a batch; more than ten take a window.
        window: Longest wait for a batch to fill.
    """
    actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    grant = queue.grant(function, *(f"sqs:{action}" for action in actions))
    mapping = function.add_event_source_mapping(
        f"From{queue.node.id}",
        event_source_arn=queue.queue_arn,
        batch_size=most_messages,
        max_batching_window=window,
        report_batch_item_failures=True,
        max_concurrency=at_once,
    )
    # Lambda refuses a mapping that its role may not read.
    grant.apply_before(mapping)
