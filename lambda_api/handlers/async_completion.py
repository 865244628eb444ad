"""The completion function: SageMaker's notifications settle responses and call the webhook.

Lambda invokes the function with messages of the asynchronous endpoint's two topics. A message may
come twice or late. Raising makes Lambda try twice more, after one and two minutes:
docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from lambda_api.quotas.kinds import background_responses
from lambda_api.responses.completion import Completions
from lambda_api.responses.store import ResponseStore
from lambda_api.responses.webhook import Webhook
from lambda_api.settings import Settings


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Settle the responses that an SNS event tells of."""
    for record in event["Records"]:
        _completions().take(record["Sns"]["Message"])


@cache
def _completions() -> Completions:
    from lambda_api.aws.lease_table import DynamoLeaseTable
    from lambda_api.aws.s3 import S3Store

    settings = Settings.from_environment()
    leases = cache(lambda: DynamoLeaseTable.connect(settings.quota_table or ""))
    return Completions(
        ResponseStore(S3Store.connect(settings.async_bucket or "")),
        _webhook(settings),
        Logger(service=settings.service_name, level=settings.log_level),
        background_responses(settings, leases),
    )


def _webhook(settings: Settings) -> Webhook | None:
    """Return the webhook, if there is one; the secret is read once for each process."""
    if not (settings.webhook_url and settings.webhook_secret_arn):
        return None
    from lambda_api.aws.secrets_manager import read_secret

    return Webhook(settings.webhook_url, read_secret(settings.webhook_secret_arn))
