"""The delivery function: events go from their queue to the webhook's receiver.

Lambda hands over up to ten events at once, and again those that the function reports as failed,
when their time has come: docs/decisions/0077-webhooks-come-from-a-queue.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.logging import Logger

from lambda_api.aws.connections import connect_messages
from lambda_api.settings import Settings, SettingsError
from lambda_api.webhooks.delivery import Delivery
from lambda_api.webhooks.message_queue import Consumer
from lambda_api.webhooks.receiver import Receiver
from lambda_api.webhooks.signing import SigningKeys


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Deliver the events of an SQS event; tell which have to come again."""
    return _consumer().take(event["Records"])


@cache
def _consumer() -> Consumer:
    from lambda_api.aws.secrets_manager import read_secrets

    settings = Settings.from_environment()
    if not (settings.webhook_url and settings.webhook_secret_arn and settings.webhook_queue_url):
        raise SettingsError(
            "the environment is not usable: TWIN_WEBHOOK_URL, TWIN_WEBHOOK_SECRET_ARN and "
            "TWIN_WEBHOOK_QUEUE_URL must be set"
        )
    logger = Logger(service=settings.service_name, level=settings.log_level)
    keys = SigningKeys(partial(read_secrets, settings.webhook_secret_arn))
    receiver = Receiver(settings.webhook_url, keys)
    queue = connect_messages(settings.webhook_queue_url)
    return Consumer(queue, Delivery(receiver.post, logger).deliver, logger)
