"""What the stacks write of a function, its handler and its environment, is what the service has."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from lambda_api.settings import Settings
from stacks.config import (
    AsyncConfig,
    BatchConfig,
    ColdStartConfig,
    LimitsConfig,
    RetrievalConfig,
    StoreConfig,
)
from stacks.constructs.function import environment, web_adapter
from stacks.engines import ENGINES
from tests.support.synthesized import Synthesized

STREAMING, CONTROL = "run.sh", "lambda_api.handlers.control.handler"
COMPLETION = "lambda_api.handlers.async_completion.handler"
DELIVERY = "lambda_api.handlers.webhook_delivery.handler"
PREPARE, COLLECT, FINISH, SWEEP = (
    f"lambda_api.handlers.batch_{step}.handler"
    for step in ("prepare", "collect", "finish", "sweep")
)

ASYNC = environment.async_environment(
    AsyncConfig(instance_type="ml.g5.xlarge"), endpoint_name="async", bucket="jobs"
).keys()
BATCH = environment.batch_environment(
    BatchConfig(instance_type="ml.g5.xlarge"), bucket="jobs"
).keys()
COLD_START = environment.cold_start_environment(ColdStartConfig(), table="wakes").keys()
QUOTA = environment.quota_environment(LimitsConfig(), table="quotas").keys()
RETRIEVAL = environment.retrieval_environment(
    RetrievalConfig(stores=[StoreConfig(name="own", keys=["web"])]),
    search_function="search",
    bucket="features",
    context_length=4096,
).keys()
STORES = environment.vector_store_environment(LimitsConfig()).keys()
INVOCATION = {
    "TWIN_ADAPTER_COMPONENTS",
    "TWIN_INFERENCE_COMPONENT_NAME",
    "TWIN_PREFIX_AWARE_ROUTING",
}
MACHINE = {"TWIN_BATCH_STATE_MACHINE_ARN"}
ENGINE = {"TWIN_QUEUED_REQUESTS_METRIC", "TWIN_KV_CACHE_USE_METRIC"}
ADMISSION = {"TWIN_ENGINE_FIELDS", "TWIN_MODEL_SELECTORS"}
RECEIVER = {"TWIN_WEBHOOK_URL", "TWIN_WEBHOOK_SECRET_ARN"}
EVENTS, WATCHES = {"TWIN_WEBHOOK_QUEUE_URL"}, {"TWIN_RESPONSE_WATCH_QUEUE_URL"}
WEBHOOK = RECEIVER | EVENTS | WATCHES
WEIGHTS = {
    *(f"TWIN_WEIGHTS_{name}" for name in ("BUCKET", "PREFIX", "SHA256", "ROOM_MB")),
    "TWIN_CONTEXT_LENGTH",
    "TWIN_CHAT_TEMPLATE",
}
LAMBDAS = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "UNPACK_SECONDS"}
"""Those that Lambda itself sets, and what the local cloud, in its place, sets besides."""
OPTIONAL = ASYNC | BATCH | MACHINE | WEBHOOK | INVOCATION | COLD_START | ENGINE | ADMISSION | QUOTA
OPTIONAL |= RETRIEVAL | STORES | WEIGHTS | {"AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH"}
"""What a stage that leaves a section out does not write."""


def every_setting() -> set[str]:
    prefix = Settings.model_config["env_prefix"]
    return {
        str(field.validation_alias or f"{prefix}{name.upper()}")
        for name, field in Settings.model_fields.items()
    } - LAMBDAS


def defined_in(module: str) -> set[str]:
    """The names a module defines, read without running it: some need their environment."""
    spec = importlib.util.find_spec(module)
    assert spec is not None, module
    tree = ast.parse(Path(str(spec.origin)).read_text())
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} | {
        target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)
    }


@pytest.mark.parametrize("stage", ["full", "pooled"])
def test_every_handler_is_there(stage: str, request: pytest.FixtureRequest) -> None:
    synthesized: Synthesized = request.getfixturevalue(stage)
    handlers = {
        function["Handler"]
        for template in synthesized.stacks.values()
        for function in template.properties("AWS::Lambda::Function")
        if function["Handler"].startswith("lambda_api.")
    }
    assert CONTROL in handlers
    for handler in handlers:
        module, _, name = handler.rpartition(".")
        assert name in defined_in(module)


@pytest.mark.parametrize("engine", ENGINES)
def test_settings_accept_every_engine(engine: str) -> None:
    settings = Settings(stage="dev", endpoint_name="twin-dev", model_id="twin", engine=engine)
    assert settings.engine == engine


@pytest.mark.parametrize("handler", [STREAMING, CONTROL])
def test_settings_accept_what_the_stack_writes(
    prod: Synthesized, handler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in prod.api.environment(handler).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.stage == "prod"
    assert settings.endpoint_name == "twin-prod"
    assert settings.model_id == "twin-llama-3.1-8b"
    assert settings.engine == "vllm"
    assert settings.root_path == "/live"
    assert settings.model_timeout_seconds == 120
    assert settings.log_level == "INFO"
    assert settings.service_name == "twin-prod"


def test_settings_accept_what_the_stack_writes_for_jobs(
    full: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in full.api.environment(COMPLETION).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.async_request_ttl_seconds == 7200
    assert settings.async_invocation_timeout_seconds == 3600
    assert settings.batch_instance_count == 3
    assert settings.batch_lines_per_shard == 100
    assert settings.batch_max_payload_mb == 2
    assert settings.batch_retention_days == 30


def test_settings_accept_what_the_stack_writes_for_a_webhook(
    full: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in full.api.environment(DELIVERY).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.webhook_url == "https://example.com/hooks"
    assert settings.webhook_queue_url == "resolved"


@pytest.mark.parametrize(
    ("stack", "handler", "jobs"),
    [
        ("api", STREAMING, ASYNC | BATCH | WATCHES | QUOTA),
        ("api", CONTROL, ASYNC | BATCH | MACHINE | QUOTA),
        ("api", COMPLETION, ASYNC | BATCH | EVENTS | WATCHES | QUOTA),
        ("api", DELIVERY, RECEIVER | EVENTS),
        ("batch", PREPARE, BATCH),
        ("batch", COLLECT, BATCH),
        ("batch", FINISH, BATCH),
        ("batch", SWEEP, BATCH | MACHINE),
    ],
)
def test_the_stacks_write_every_setting_and_no_other(
    full: Synthesized, stack: str, handler: str, jobs: set[str]
) -> None:
    always = every_setting() - OPTIONAL
    written = full.stacks[stack].environment(handler).keys() - web_adapter.ENVIRONMENT.keys()
    assert written == always | jobs
    assert jobs <= every_setting()


def test_the_engine_metrics_function_reads_the_engines_names(
    pooled: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = pooled.api.environment("lambda_api.handlers.engine_metrics.handler")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.queued_requests_metric == "vllm:num_requests_waiting"
    assert settings.kv_cache_use_metric == "vllm:kv_cache_usage_perc"
    assert settings.endpoint_name == "twin-prod"
    assert settings.metrics_namespace == "twin"
    assert variables.keys() == every_setting() - (OPTIONAL - ENGINE)
    assert every_setting() >= ENGINE


def test_settings_accept_the_engine_fields_that_config_names(
    zero: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zero.api.environment(STREAMING).items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().engine_fields == {"grammar", "lora"}
    assert every_setting() >= ADMISSION


@pytest.mark.parametrize("handler", [STREAMING, CONTROL])
def test_what_a_stage_leaves_out_has_no_settings(bare: Synthesized, handler: str) -> None:
    written = bare.api.environment(handler).keys()
    assert not written & OPTIONAL


def test_settings_accept_what_the_stack_writes_for_an_endpoint_at_zero(
    zero: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zero.api.environment(STREAMING).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.inference_component_name == "twin-local"
    assert settings.prefix_aware_routing is False
    assert (settings.cold_start, settings.cold_start_table) == ("hold", "resolved")
    assert (settings.hold_seconds, settings.max_held_requests) == (400, 50)
    assert settings.expected_start_seconds == 300


def test_settings_accept_what_the_stack_writes_for_prefixes(
    pooled: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in pooled.api.environment(STREAMING).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.prefix_aware_routing is True
    assert settings.inference_component_name is None
    assert settings.cold_start is None


def test_only_the_streaming_function_knows_how_the_endpoint_is_invoked(zero: Synthesized) -> None:
    written = zero.api.environment(STREAMING).keys()
    assert written >= COLD_START | {"TWIN_INFERENCE_COMPONENT_NAME"}
    assert every_setting() >= COLD_START | INVOCATION
    assert not zero.api.environment(CONTROL).keys() & (COLD_START | INVOCATION)


def test_settings_accept_what_the_stack_writes_for_a_monolith(
    tiny: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tiny.api.environment(STREAMING)
    for name, value in written.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert written.keys() >= WEIGHTS
    assert every_setting() >= WEIGHTS
    assert not tiny.api.environment(CONTROL).keys() & WEIGHTS
    assert settings.weights_prefix.startswith("models/")
    assert (settings.context_length, settings.chat_template) == (2048, "{{ messages }}")
    assert 9_000 < settings.weights_room_mb < 10_240
    assert written["AWS_LWA_ASYNC_INIT"] == "true"
