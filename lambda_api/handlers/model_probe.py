"""The model probe function: EventBridge calls it each minute."""

from __future__ import annotations

from functools import cache

import boto3
from aws_lambda_powertools.logging import Logger

from lambda_api.aws.cloudwatch_metrics import CloudWatchMetrics
from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint
from lambda_api.engine.model_probe import ModelProbe
from lambda_api.engine.served_models import ServedModels
from lambda_api.settings import Settings

MOST_SECONDS = 45
"""Longest wait for the token: a probe ends, and tells of it, before the next one begins."""


def handler(_event: object, _context: object) -> None:
    """Probe the model; the event says nothing."""
    _connected().run()


@cache
def _connected() -> ModelProbe:
    settings = Settings.from_environment()
    client = boto3.client("cloudwatch")
    patience = min(settings.model_timeout_seconds, MOST_SECONDS)
    return ModelProbe(
        SageMakerEndpoint.connect(settings.endpoint_name, patience),
        CloudWatchMetrics(client, settings.metrics_namespace, settings.endpoint_name),
        Logger(service=settings.service_name, level=settings.log_level),
        selected=ServedModels.of(settings).selecting(settings.model_id),
    )
