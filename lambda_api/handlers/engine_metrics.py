"""The engine metrics function: EventBridge calls it each minute."""

from __future__ import annotations

from functools import cache

import boto3
from aws_lambda_powertools.logging import Logger

from lambda_api.aws.cloudwatch_metrics import CloudWatchMetrics
from lambda_api.aws.cloudwatch_promql import PromQL
from lambda_api.engine.metrics_bridge import KV_CACHE_USE, QUEUED_REQUESTS, MetricsBridge
from lambda_api.settings import Settings


def handler(_event: object, _context: object) -> None:
    """Carry the engines' metrics over; the event says nothing."""
    _connected().carry()


@cache
def _connected() -> MetricsBridge:
    settings = Settings.from_environment()
    session = boto3.session.Session()
    client = session.client("cloudwatch")
    names = {
        QUEUED_REQUESTS: settings.queued_requests_metric,
        KV_CACHE_USE: settings.kv_cache_use_metric,
    }
    return MetricsBridge(
        PromQL.beside(client, session),
        CloudWatchMetrics(client, settings.metrics_namespace, settings.endpoint_name),
        settings.endpoint_name,
        {ours: name for ours, name in names.items() if name is not None},
        Logger(service=settings.service_name, level=settings.log_level),
    )
