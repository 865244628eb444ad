"""One synth per stage and session: every test below reads the same templates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.synthesized import Synthesized
from tests.support.synthesizer import NO_JOBS, Synthesizer, copy_project, prepare_jsii

# Before any test module imports aws_cdk.
prepare_jsii()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project root with the real config, and a directory that passes for a GGUF model."""
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def synthesize(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Synthesized]:
    return Synthesizer(project, tmp_path_factory.mktemp)


FULL_ASYNC = {
    "max_instances": 4,
    "concurrent_invocations_per_instance": 48,
    "target_backlog_per_instance": 96,
    "invocation_timeout_seconds": 3600,
    "scale_in_after_idle_seconds": 3660,
    "request_ttl_seconds": 7200,
    "retention_days": 3,
    "webhook": {"url": "https://example.com/hooks", "secret_name": "twin/webhook"},
}
FULL_BATCH = {
    "instance_type": "ml.g5.12xlarge",
    "instance_count": 3,
    "max_concurrent_transforms": 50,
    "max_payload_mb": 2,
    "lines_per_shard": 100,
    "schedules": [
        {
            "name": "nightly",
            "expression": "cron(0 3 * * ? *)",
            "input_prefix": "scheduled/nightly/",
        }
    ],
}
REGISTERED = {"hub": None, "registry": True}
TO_ZERO = {
    "scale_to_zero": True,
    "max_instances": 3,
    "instance_scale_in": {"strategy": "consolidation", "max_step": 2, "cooldown_minutes": 30},
}
POOLED = {
    "fallback_instance_types": ["ml.g6e.2xlarge", "ml.g6.xlarge"],
    "routing": "prefix-aware",
    "prefix_routing": {"prefix_bytes": 2048},
    "autoscaling": {
        "min_instances": 2,
        "max_instances": 4,
        "metric": "queued-requests",
        "target": 3,
        "schedules": [
            {
                "name": "office-hours",
                "schedule": "cron(0 8 ? * MON-FRI *)",
                "timezone": "Europe/Berlin",
                "min_instances": 3,
            },
            {
                "name": "fair",
                "schedule": "at(2030-01-31T08:00:00)",
                "min_instances": 4,
                "max_instances": 4,
            },
        ],
    },
}


@pytest.fixture(scope="session")
def local(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The local stage without versions."""
    return synthesize("local")


@pytest.fixture(scope="session")
def tiny(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The stage of one function, with a limit on callers and a prompt format of its own."""
    return synthesize(
        "tiny", monolith={"max_concurrency": 20}, model={"chat_template": "{{ messages }}"}
    )


@pytest.fixture(scope="session")
def snapped(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The stage of one function, started from snapshots."""
    return synthesize("tiny", monolith={"snapstart": True})


@pytest.fixture(scope="session")
def prod(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage as it is committed."""
    return synthesize("prod")


@pytest.fixture(scope="session")
def full(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage with everything that can be switched on for jobs."""
    api = {"reserved_concurrency": 128}
    return synthesize("prod", asynchronous=FULL_ASYNC, batch=FULL_BATCH, api=api)


@pytest.fixture(scope="session")
def alarmed(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage with an address that is told of alarms, and an idle webhook's key."""
    key = "arn:aws:kms:us-east-1:111122223333:key/0b1c"
    return synthesize(
        "prod",
        alarms={"email": "oncall@example.com"},
        asynchronous={"webhook": {**FULL_ASYNC["webhook"], "key_arn": key}},
    )


@pytest.fixture(scope="session")
def bounded(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage without jobs, with a budget that also ends idle capacity."""
    budget = {
        "usd_per_month": 4500,
        "emails": ["team@example.com"],
        "idle_minutes": 60,
        "tagged": True,
    }
    return synthesize("prod", budget=budget, **NO_JOBS)


@pytest.fixture(scope="session")
def bare(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage without jobs."""
    return synthesize("prod", **NO_JOBS)


@pytest.fixture(scope="session")
def zero(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The local stage with an endpoint that goes to zero, and callers who wait meanwhile."""
    cold_start = {"mode": "hold", "hold_seconds": 400, "max_held_requests": 50}
    return synthesize(
        "local",
        realtime={"autoscaling": TO_ZERO},
        api={"cold_start": cold_start, "engine_fields": ["grammar", "lora"]},
        **NO_JOBS,
    )


@pytest.fixture(scope="session")
def pooled(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage with fallback types, prefix-aware routing and schedules."""
    return synthesize("prod", realtime=POOLED, **NO_JOBS)


@pytest.fixture(scope="session")
def retrieving(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The local stage with an embedder behind Bedrock and a store of few."""
    store = {
        "name": "inside",
        "keys": ["abc123"],
        "forced_filter": {"type": "eq", "key": "audience", "value": "staff"},
    }
    return synthesize(
        "local",
        batch=None,
        retrieval={
            "embedder": "bedrock",
            "embedder_model": "amazon.titan-embed-text-v2:0",
            "embedder_dimension": 256,
            "rewrite": True,
            "stores": [store],
        },
    )


@pytest.fixture(scope="session")
def vectored(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The local stage with documents in S3 Vectors."""
    return synthesize("local", retrieval={"store": "s3-vectors", "stores": [{"name": "docs"}]})


@pytest.fixture(scope="session")
def registered(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage with a model registry that another stage and other accounts use."""
    return synthesize(
        "prod",
        model=REGISTERED,
        realtime={"deployment": {"strategy": "rolling", "step_percent": 25}},
        registry={"group": "twin-models", "share_with": ["111122223333"]},
        rollout={"deploy": "after:dev", "golden_pass": 0.9},
        asynchronous=FULL_ASYNC,
        batch=FULL_BATCH,
    )


@pytest.fixture(scope="session")
def adapted(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The local stage with an adapter of its model."""
    adapters = [{"name": "paul", "path": "adapters/paul"}]
    model = {"artifacts": "model_artifacts/adapted", "adapters": adapters}
    return synthesize("local", model=model, asynchronous=None, retrieval=None)


@pytest.fixture(scope="session")
def adapted_zero(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """A stage whose endpoint goes to zero, with vLLM and an adapter of its model."""
    adapters = [{"name": "paul", "path": "paul"}]
    return synthesize(
        "local",
        model={
            "engine": "vllm",
            "artifacts": "model_artifacts/peft",
            "adapters": adapters,
            "flags": {},
        },
        realtime={"instance_type": "ml.g5.xlarge", "autoscaling": TO_ZERO},
        retrieval=None,
        **NO_JOBS,
    )


@pytest.fixture(scope="session")
def lifecycle(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The local stage with versions, a shadow and no jobs."""
    return synthesize("lifecycle")


@pytest.fixture(scope="session")
def committed(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The local stage as it is committed: jobs, documents and versions."""
    return synthesize("committed")


def _any(request: pytest.FixtureRequest) -> Synthesized:
    synthesized: Synthesized = request.getfixturevalue(request.param)
    return synthesized


@pytest.fixture(params=["local", "prod"])
def stage(request: pytest.FixtureRequest) -> Synthesized:
    """Either stage, for what must hold in both."""
    return _any(request)


@pytest.fixture(params=["local", "full"])
def jobs(request: pytest.FixtureRequest) -> Synthesized:
    """A stage with jobs: on CPUs with little switched on, on GPUs with all of it."""
    return _any(request)


@pytest.fixture(
    params=[
        "local",
        "committed",
        "tiny",
        "snapped",
        "prod",
        "full",
        "bare",
        "bounded",
        "zero",
        "pooled",
        "registered",
    ]
)
def any_stage(request: pytest.FixtureRequest) -> Synthesized:
    """Any stage, for what must hold whatever is switched on."""
    return _any(request)
