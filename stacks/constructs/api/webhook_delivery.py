"""The function that delivers the webhook's events."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.config import ApiConfig, WebhookConfig
from stacks.constructs.function.memory import DELIVERY_MB
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.shared.private_queue import consume
from stacks.constructs.shared.webhook_queues import CONSUMER_SECONDS, MOST_BATCHES


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
            memory_mb=DELIVERY_MB,
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
        if webhook.key_arn is not None:
            # docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
            service = f"secretsmanager.{Aws.REGION}.{Aws.URL_SUFFIX}"
            self.runtime_role.add_to_policy(
                iam.PolicyStatement(
                    actions=["kms:Decrypt"],
                    resources=[webhook.key_arn],
                    conditions={"StringEquals": {"kms:ViaService": service}},
                )
            )
        self.add_environment("TWIN_WEBHOOK_URL", webhook.url)
        self.add_environment("TWIN_WEBHOOK_SECRET_ARN", secret.secret_arn)
        self.add_environment("TWIN_WEBHOOK_QUEUE_URL", events.queue_url)
        # A refused event comes again after a pause that grows.
        events.grant(self, "sqs:ChangeMessageVisibility")
        consume(self, events, at_once=MOST_BATCHES)
