"""The functions' environment variables, which `lambda_api.settings` reads."""

from __future__ import annotations

import json

from stacks.config import AsyncConfig, BatchConfig, ColdStartConfig, LimitsConfig, StageConfig
from stacks.engines.engine import EngineMetric, PrometheusMetrics

ROOT_PATH = "/live"
"""Path of the API: API Gateway's stage."""

_NAME_VARIABLES: dict[EngineMetric, str] = {
    "queued-requests": "TWIN_QUEUED_REQUESTS_METRIC",
    "kv-cache-use": "TWIN_KV_CACHE_USE_METRIC",
}


def service_environment(config: StageConfig) -> dict[str, str]:
    """Return the variables of every function; a contract test holds them to the settings."""
    environment = {
        "TWIN_STAGE": config.stage,
        "TWIN_ENDPOINT_NAME": config.endpoint_name,
        "TWIN_MODEL_ID": config.model.id,
        "TWIN_ENGINE": config.model.engine,
        "TWIN_ROOT_PATH": ROOT_PATH,
        "TWIN_CALLER_IDENTITY": config.api.caller_identity,
        "TWIN_MODEL_TIMEOUT_SECONDS": str(config.api.model_timeout_seconds),
        "TWIN_FUNCTION_TIMEOUT_SECONDS": str(config.api.lambda_timeout_seconds),
        "TWIN_LOG_LEVEL": config.api.log_level,
        "TWIN_CORS_ORIGINS": json.dumps(config.api.cors_origins),
        "TWIN_MODALITIES": json.dumps(config.model.modalities),
        "POWERTOOLS_SERVICE_NAME": config.endpoint_name,
        "POWERTOOLS_METRICS_NAMESPACE": config.project.name,
    }
    if config.api.engine_fields:
        environment["TWIN_ENGINE_FIELDS"] = json.dumps(config.api.engine_fields)
    return environment


def invocation_environment(config: StageConfig) -> dict[str, str]:
    """Return the variables for invoking an endpoint whose name is not enough."""
    environment = {}
    if config.realtime.autoscaling.scale_to_zero:
        environment["TWIN_INFERENCE_COMPONENT_NAME"] = config.endpoint_name
    if config.prefix_routing is not None:
        environment["TWIN_PREFIX_AWARE_ROUTING"] = "true"
    return environment


def cold_start_environment(config: ColdStartConfig, *, table: str) -> dict[str, str]:
    """Return the variables for answering while no instance can serve the model."""
    return {
        "TWIN_COLD_START": config.mode,
        "TWIN_COLD_START_TABLE": table,
        "TWIN_HOLD_SECONDS": str(config.hold_seconds),
        "TWIN_MAX_HELD_REQUESTS": str(config.max_held_requests),
        "TWIN_EXPECTED_START_SECONDS": str(config.expected_start_seconds),
    }


def async_environment(config: AsyncConfig, *, endpoint_name: str, bucket: str) -> dict[str, str]:
    """Return the variables for submitting requests and finding the answers."""
    return {
        "TWIN_ASYNC_ENDPOINT_NAME": endpoint_name,
        "TWIN_ASYNC_BUCKET": bucket,
        "TWIN_ASYNC_REQUEST_TTL_SECONDS": str(config.request_ttl_seconds),
        "TWIN_ASYNC_INVOCATION_TIMEOUT_SECONDS": str(config.invocation_timeout_seconds),
    }


def batch_environment(config: BatchConfig, *, bucket: str) -> dict[str, str]:
    """Return the variables for cutting files into jobs and joining the answers."""
    return {
        "TWIN_BATCH_BUCKET": bucket,
        "TWIN_BATCH_INSTANCE_COUNT": str(config.instance_count),
        "TWIN_BATCH_LINES_PER_SHARD": str(config.lines_per_shard),
        "TWIN_BATCH_MAX_PAYLOAD_MB": str(config.max_payload_mb),
        "TWIN_BATCH_RETENTION_DAYS": str(config.retention_days),
    }


def quota_environment(limits: LimitsConfig, *, table: str) -> dict[str, str]:
    """Return the variables of functions that count the things callers hold."""
    return {
        "TWIN_QUOTA_TABLE": table,
        "TWIN_MAX_OPEN_BATCHES": str(limits.open_batches),
        "TWIN_MAX_BACKGROUND_RESPONSES": str(limits.background_responses),
        "TWIN_MAX_STORED_FILES": str(limits.stored_files),
        "TWIN_MAX_STORED_MB": str(limits.stored_mb),
    }


def engine_metrics_environment(metrics: PrometheusMetrics) -> dict[str, str]:
    """Return the engine's names of the metrics to carry."""
    return {_NAME_VARIABLES[metric]: name for metric, name in metrics.names.items()}
