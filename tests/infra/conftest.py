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
    """The local stage as it is committed."""
    return synthesize("local")


@pytest.fixture(scope="session")
def prod(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage as it is committed."""
    return synthesize("prod")


@pytest.fixture(scope="session")
def full(synthesize: Callable[..., Synthesized]) -> Synthesized:
    """The prod stage with everything that can be switched on for jobs."""
    return synthesize("prod", asynchronous=FULL_ASYNC, batch=FULL_BATCH)


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


@pytest.fixture(params=["local", "prod", "full", "bare", "zero", "pooled"])
def any_stage(request: pytest.FixtureRequest) -> Synthesized:
    """Any stage, for what must hold whatever is switched on."""
    return _any(request)
