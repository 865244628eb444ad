"""The real service before an endpoint that is cold, for as long as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from lambda_api.main import create_app
from lambda_api.settings import Settings
from lambda_api.streaming.response import RelayResponse
from tests.support.service.cold_world import LONG, PACE, ColdEndpoint, warm
from tests.support.service.memory_wakes import MemoryWakeTable
from tests.support.service.serving import served


@pytest.fixture
def wakes() -> MemoryWakeTable:
    return MemoryWakeTable()


@pytest.fixture
def cold(runtime) -> ColdEndpoint:
    endpoint = runtime.answer = ColdEndpoint(warm)
    return endpoint


@pytest.fixture
def serve(standin, wakes, monkeypatch) -> Iterator[Callable[..., str]]:
    """Serves the app with some settings, its stores given; gives its URL."""
    monkeypatch.setattr(RelayResponse, "keep_alive_seconds", 0.05)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", standin.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with ExitStack() as stack:

        def serve(mode, pace=PACE, **fields):
            settings = Settings(
                stage="local",
                endpoint_name="twin-local",
                model_id="twin",
                engine="vllm",
                cold_start=mode,
                **{"cold_start_table": "wakes", "hold_seconds": LONG, **fields},
            )
            return stack.enter_context(served(create_app(settings, wakes=wakes, pace=pace)))

        yield serve


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for clients."""
    with ThreadPoolExecutor(60) as pool:
        yield pool
