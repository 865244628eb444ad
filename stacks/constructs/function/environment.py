"""The functions' environment variables, which `lambda_api.settings` reads."""

from __future__ import annotations

import hashlib
import json

from stacks.config import (
    AsyncConfig,
    BatchConfig,
    ColdStartConfig,
    LimitsConfig,
    ModelConfig,
    RetrievalConfig,
    StageConfig,
)
from stacks.engines.engine import EngineMetric, PrometheusMetrics

ROOT_PATH = "/live"
"""Path of the API: API Gateway's stage."""

_NAME_VARIABLES: dict[EngineMetric, str] = {
    "queued-requests": "TWIN_QUEUED_REQUESTS_METRIC",
    "kv-cache-use": "TWIN_KV_CACHE_USE_METRIC",
}


def service_environment(config: StageConfig) -> dict[str, str]:
    """Return the variables of every function; a contract test holds them to the settings."""
    api = config.api
    assert api is not None  # noqa: S101 - the service is the API's, and [batch] asks for an API
    environment = {
        "TWIN_STAGE": config.stage,
        "TWIN_ENDPOINT_NAME": config.endpoint_name,
        "TWIN_MODEL_ID": config.model.id,
        "TWIN_ENGINE": config.model.engine,
        "TWIN_ROOT_PATH": ROOT_PATH,
        "TWIN_CALLER_IDENTITY": api.caller_identity,
        "TWIN_MODEL_TIMEOUT_SECONDS": str(api.model_timeout_seconds),
        "TWIN_FUNCTION_TIMEOUT_SECONDS": str(api.lambda_timeout_seconds),
        "TWIN_LOG_LEVEL": api.log_level,
        "TWIN_CORS_ORIGINS": json.dumps(api.cors_origins),
        "TWIN_MODALITIES": json.dumps(config.model.modalities),
        "POWERTOOLS_SERVICE_NAME": config.endpoint_name,
        "POWERTOOLS_METRICS_NAMESPACE": config.project.name,
    }
    if config.model.adapters:
        environment["TWIN_MODEL_SELECTORS"] = json.dumps(config.model_selectors)
    if api.engine_fields:
        environment["TWIN_ENGINE_FIELDS"] = json.dumps(api.engine_fields)
    return environment


def invocation_environment(config: StageConfig) -> dict[str, str]:
    """Return the variables for invoking an endpoint whose name is not enough."""
    environment = {}
    if config.scales_to_zero:
        environment["TWIN_INFERENCE_COMPONENT_NAME"] = config.endpoint_name
    if config.adapter_components:
        environment["TWIN_ADAPTER_COMPONENTS"] = json.dumps(config.adapter_components)
    if config.prefix_routing is not None:
        environment["TWIN_PREFIX_AWARE_ROUTING"] = "true"
    return environment


def weights_environment(
    model: ModelConfig, *, bucket: str, prefix: str, room_mb: int, sha256: str | None
) -> dict[str, str]:
    """Return the variables for loading the model into the function itself."""
    environment = {
        "TWIN_WEIGHTS_BUCKET": bucket,
        "TWIN_WEIGHTS_PREFIX": prefix,
        "TWIN_WEIGHTS_ROOM_MB": str(room_mb),
        "TWIN_CONTEXT_LENGTH": str(model.context_length),
    }
    if sha256 is not None:
        environment["TWIN_WEIGHTS_SHA256"] = sha256
    if model.chat_template is not None:
        environment["TWIN_CHAT_TEMPLATE"] = model.chat_template
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


def vector_store_environment(limits: LimitsConfig) -> dict[str, str]:
    """Return the variables of the function that keeps callers' vector stores."""
    return {
        "TWIN_MAX_VECTOR_STORES": str(limits.vector_stores),
        "TWIN_MAX_VECTOR_STORE_FILES": str(limits.vector_store_files),
        "TWIN_MAX_VECTOR_STORE_MB": str(limits.vector_store_mb),
    }


def rollout_environment(
    config: StageConfig, *, group: str, bucket: str, history: str
) -> dict[str, str]:
    """Return the variables of the function that rolls versions out.

    Args:
        config: the stage.
        group: ARN of the model package group.
        bucket: name of the bucket of versions.
        history: name of the bucket of the rollouts' history.
    """
    rollout = config.model_rollout
    return {
        "TWIN_MODEL_GROUP": group,
        "TWIN_MODEL_BUCKET": bucket,
        "TWIN_VERSION_PARAMETER": config.version_parameter,
        **({"TWIN_SHADOW_PARAMETER": shadow} if (shadow := config.shadow_parameter) else {}),
        "TWIN_MODEL_STACKS": json.dumps(config.model_stacks),
        "TWIN_ARCHIVED": str(config.batch is not None).lower(),
        "TWIN_ROLLOUT_BUCKET": history,
        "TWIN_EVENT_SOURCE": f"{config.project.name}.rollout",
        "TWIN_GOLDEN_FILE": rollout.golden,
        "TWIN_GOLDEN_PASS": str(rollout.golden_pass),
        "TWIN_REQUIRE_GOLDEN": str(rollout.require_golden).lower(),
    }


def engine_metrics_environment(metrics: PrometheusMetrics) -> dict[str, str]:
    """Return the engine's names of the metrics to carry."""
    return {_NAME_VARIABLES[metric]: name for metric, name in metrics.names.items()}


def retrieval_environment(
    config: RetrievalConfig, *, search_function: str, bucket: str, context_length: int
) -> dict[str, str]:
    """Return the variables for searching before an answer."""
    keys = {
        store.name: [*map(caller_id, store.keys)]
        for store in config.stores
        if store.keys is not None
    }
    return {
        "TWIN_RETRIEVAL_SEARCH_FUNCTION": search_function,
        "TWIN_RETRIEVAL_BUCKET": bucket,
        "TWIN_RETRIEVAL_STORES": json.dumps([store.name for store in config.stores]),
        **({"TWIN_RETRIEVAL_STORE_KEYS": json.dumps(keys)} if keys else {}),
        "TWIN_RETRIEVAL_SEARCH_TIMEOUT_MS": str(config.search_timeout_ms),
        "TWIN_RETRIEVAL_REWRITE": str(config.rewrite).lower(),
        "TWIN_RETRIEVAL_REWRITE_TIMEOUT_MS": str(config.rewrite_timeout_ms),
        "TWIN_CONTEXT_LENGTH": str(context_length),
    }


def features_environment(config: StageConfig, retrieval: RetrievalConfig) -> dict[str, str]:
    """Return the variables of the features' functions; `features.settings` reads them."""
    stores = [
        {
            "name": store.name,
            "keys": None if store.keys is None else [*map(caller_id, store.keys)],
            "forced_filter": store.forced_filter,
        }
        for store in retrieval.stores
    ]
    environment = {
        # numpy's threads wait for each other in a loop: on a shared vCPU, eight times the CPU.
        "OPENBLAS_NUM_THREADS": "1",
        "TWIN_FEATURES_EMBEDDER": retrieval.embedder,
        "TWIN_FEATURES_METRICS_NAMESPACE": config.project.name,
        "TWIN_FEATURES_STAGE": config.stage,
        "TWIN_FEATURES_STORES": json.dumps(stores),
    }
    if retrieval.embedder_model is not None:
        environment["TWIN_FEATURES_EMBEDDER_MODEL"] = retrieval.embedder_model
        environment["TWIN_FEATURES_EMBEDDER_DIMENSION"] = str(retrieval.embedder_dimension)
    return environment


def caller_id(name: str) -> str:
    """Return the service's id of a caller, by an API key's id or an ARN.

    A test holds it to `lambda_api.http.caller`.
    """
    return hashlib.sha256(name.encode()).hexdigest()[:32]
