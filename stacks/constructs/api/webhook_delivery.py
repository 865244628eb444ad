"""The function that delivers the webhook's events, and the way from a queue to a function."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.config import ApiConfig, WebhookConfig
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.shared.webhook_queues import CONSUMER_SECONDS

# Batches at once, of ten requests to the receiver each: it is one service, perhaps a small one.
_MOST_BATCHES = 5


class WebhookDelivery(ServiceFunction):
    """A function that posts events to the receiver, and alone reads the signing secret.

    docs/decisions/0077-webhooks-come-from-a-queue.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        environment: dict[str, str],
        config: ApiConfig,
        webhook: WebhookConfig,
        events: sqs.IQueue,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler="lambda_api.handlers.webhook_delivery.handler",
            environment=environment,
            timeout_seconds=CONSUMER_SECONDS,
            memory_mb=config.memory_mb,
            log_retention_days=config.log_retention_days,
        )
        secret = secrets.Secret.from_secret_name_v2(self, "Signing", webhook.secret_name)
        # Secrets Manager ends an ARN in six characters that nobody can know beforehand.
        self.runtime_role.add_to_policy(
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"],
                resources=[f"{secret.secret_arn}-??????"],
            )
        )
        self.add_environment("TWIN_WEBHOOK_URL", webhook.url)
        self.add_environment("TWIN_WEBHOOK_SECRET_ARN", secret.secret_arn)
        self.add_environment("TWIN_WEBHOOK_QUEUE_URL", events.queue_url)
        consume(self, events)


def consume(function: lambda_.Function, queue: sqs.IQueue) -> None:
    """Have a function handle a queue's messages; those reported as failed come again."""
    function.add_event_source(
        sources.SqsEventSource(
            queue,
            batch_size=10,
            report_batch_item_failures=True,
            max_concurrency=_MOST_BATCHES,
        )
    )
