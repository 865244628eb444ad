"""The service over the local cloud's S3, and batches that run as on AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambda_api.batches.steps.run import BatchRuns
from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.service.batch_machine import StateMachine
from tests.support.service.serving import served


@pytest.fixture
def machine(storage) -> Iterator[StateMachine]:
    settings = Settings(
        stage="local",
        endpoint_name="twin-local",
        model_id="twin",
        engine="vllm",
        batch_bucket="jobs",
        batch_lines_per_shard=4,
        batch_instance_count=2,
    )
    machine = StateMachine(BatchRuns(storage, settings))
    yield machine
    machine.may_run.set()
    machine.join()


@pytest.fixture
def batch_url(machine, storage) -> Iterator[str]:
    app = create_app(machine.runs.settings, object(), batch_store=storage, executions=machine)
    with served(app) as url:
        yield f"{url}/v1"
