"""The completion function: background responses are settled, and their events queued.

Lambda invokes the function with messages of the asynchronous endpoint's two topics, which may come
twice or late: raising makes Lambda try twice more, after one and two minutes
(docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html). Where there is a
webhook, the watch's queue invokes it too, for responses whose messages were lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger

from lambda_api.aws.connections import connect_leases, connect_messages, connect_store
from lambda_api.http.metric_log import MetricLog
from lambda_api.quotas.kinds import background_responses
from lambda_api.responses.completion import Completions
from lambda_api.responses.store import ResponseStore
from lambda_api.responses.watch import Watch
from lambda_api.settings import Settings
from lambda_api.webhooks.message_queue import Consumer, MessageQueue


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any] | None:
    """Settle the responses that an SNS event tells of, or an SQS event reminds of."""
    records = event["Records"]
    if records[0].get("eventSource") == "aws:sqs":
        return _watcher().take(records)
    for record in records:
        _completions().take(record["Sns"]["Message"])
    return None


@cache
def _completions() -> Completions:
    settings = Settings.from_environment()
    leases = cache(lambda: connect_leases(settings))
    return Completions(
        ResponseStore(connect_store(settings.async_bucket)),
        _queue(settings.webhook_queue_url),
        Logger(service=settings.service_name, level=settings.log_level),
        background_responses(settings, leases),
    )


@cache
def _watcher() -> Consumer:
    settings = Settings.from_environment()
    queue = _queue(settings.response_watch_queue_url)
    assert queue is not None  # noqa: S101 - it has invoked the function
    completions = _completions()
    watch = Watch(completions, MetricLog(settings).note_unreadable)
    return Consumer(queue, watch.look, completions.logger)


def _queue(url: str | None) -> MessageQueue | None:
    return connect_messages(url) if url else None
