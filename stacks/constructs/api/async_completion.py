"""The function that runs when an asynchronous request has ended."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.config import ApiConfig, WebhookConfig
from stacks.constructs.endpoint.async_endpoint import AsyncEndpoint
from stacks.constructs.function.service_function import ServiceFunction

# A webhook's receiver may take half of it.
_SECONDS = 60


class AsyncCompletion(ServiceFunction):
    """A function that keeps the end of a response, and tells a webhook.

    Lambda tries a failed one twice more, within minutes.
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
        webhook: WebhookConfig | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler="lambda_api.handlers.async_completion.handler",
            environment=environment,
            timeout_seconds=_SECONDS,
            memory_mb=config.memory_mb,
            log_retention_days=config.log_retention_days,
        )
        self.configure_async_invoke(retry_attempts=2, max_event_age=Duration.hours(6))
        for topic in endpoint.topics:
            topic.add_subscription(subscriptions.LambdaSubscription(self))
        if webhook is not None:
            self._tell(webhook)

    def _tell(self, webhook: WebhookConfig) -> None:
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
