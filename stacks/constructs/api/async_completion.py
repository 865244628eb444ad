"""The function that runs when an asynchronous request has ended."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.config import ApiConfig
from stacks.constructs.endpoint.async_endpoint import AsyncEndpoint
from stacks.constructs.function.memory import COMPLETION_MB
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.shared.private_queue import consume
from stacks.constructs.shared.webhook_queues import CONSUMER_SECONDS, MOST_BATCHES, WebhookQueues


class AsyncCompletion(ServiceFunction):
    """A function that keeps the end of a response, and queues an event of it for a webhook.

    Lambda tries a failed one twice more, within minutes; the watch comes later, and until it is
    done: docs/decisions/0078-a-watch-on-each-background-response.md.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        environment: dict[str, str],
        config: ApiConfig,
        endpoint: AsyncEndpoint,
        queues: WebhookQueues | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler="lambda_api.handlers.async_completion.handler",
            environment=environment,
            timeout_seconds=CONSUMER_SECONDS,
            memory_mb=COMPLETION_MB,
            log_retention_days=config.log_retention_days,
        )
        self.configure_async_invoke(retry_attempts=2, max_event_age=Duration.hours(6))
        for topic in endpoint.topics:
            topic.add_subscription(subscriptions.LambdaSubscription(self))
        if queues is not None:
            queues.events.grant(self, "sqs:SendMessage")
            self.add_environment("TWIN_WEBHOOK_QUEUE_URL", queues.events.queue_url)
            self.add_environment("TWIN_RESPONSE_WATCH_QUEUE_URL", queues.watches.queue_url)
            consume(self, queues.watches, at_once=MOST_BATCHES)
            # A response that has not ended is looked at again, when it may have.
            queues.watches.grant(self, "sqs:ChangeMessageVisibility")
