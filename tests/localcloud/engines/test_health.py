"""A container that is full still answers the health check, by which SageMaker keeps it."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from localcloud.engines import engine_for
from localcloud.engines.key import AUTHORIZATION
from localcloud.engines.process import EngineProcess
from localcloud.local_http import Exchange, open_exchange
from localcloud.sagemaker.replicas.replica import PING_TIMEOUT_SECONDS
from localcloud.settings import HOST
from stacks.config import ModelConfig
from stacks.engines import ENGINES
from tests.support.localcloud.deployment import ENDLESS

BURSTS, WAITING = 4, 40
"""Requests that each burst leaves at an instance; it decodes four at a time."""
GIVEN = [("host", HOST), AUTHORIZATION, ("content-type", "application/json")]
ASKED = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": ENDLESS, "stream": False}


@pytest.fixture
def model_dir(tmp_path: Path, model_file: Path) -> Path:
    shutil.copy(model_file, tmp_path)
    return tmp_path


def environment() -> dict[str, str]:
    """What a stage gives its container."""
    values = {"engine": "llama-cpp", "artifacts": "model", "context_length": 50_000}
    config = ModelConfig.model_validate({"id": "twin", "max_concurrent_sequences": 4, **values})
    return ENGINES["llama-cpp"].environment(config, gpus=0)


async def pings_beside_bursts(model_dir: Path) -> list[int]:
    """Return the statuses of pings while long requests hold the container."""
    engine = engine_for("llama-cpp")
    process = await EngineProcess.start(engine, model_dir, environment(), lambda _: None)
    body, asked, statuses = json.dumps(ASKED).encode(), [], []
    try:
        port = await asyncio.wait_for(process.port, 30)
        for _ in range(BURSTS):
            asked += [
                asyncio.create_task(open_exchange(port, "POST", engine.invocations, GIVEN, body))
                for _ in range(WAITING)
            ]
            await asyncio.sleep(0.2)
            async with asyncio.timeout(PING_TIMEOUT_SECONDS):
                ping = await open_exchange(port, "GET", engine.ping, [("host", HOST)])
            with closing(ping):
                statuses.append(ping.status)
        assert sum(not one.done() for one in asked) > WAITING
    finally:
        await process.kill()
        for ended in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(ended, Exchange):
                ended.close()
    return statuses


def test_ping_does_not_wait_for_requests(model_dir: Path) -> None:
    assert asyncio.run(pings_beside_bursts(model_dir)) == [200] * BURSTS
