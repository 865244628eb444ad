"""Two processes of the service as they run in Lambda, and one wake in DynamoDB."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

import pytest

from lambda_api.cold_start.monitor import Pace
from localcloud.ports import free_port
from tests.support.eventually import eventually
from tests.support.project import PROJECT
from tests.support.service.cold_world import WORDS, post, posted, text

ENDPOINT, MOST = "twin-shared", 6


@dataclass
class Service:
    """The service in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def started(environment: dict[str, str]) -> Iterator[Service]:
    port = str(free_port())
    command = [sys.executable, "-m", "uvicorn", "--factory", "lambda_api.main:create_app"]
    process = subprocess.Popen(
        [*command, "--port", port, "--log-level", "warning", "--no-access-log"],
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield Service(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def services(standin, wakes_table, cloud_environment) -> Iterator[list[Service]]:
    """Two that share a table."""
    settings = {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": standin.url,
        "TWIN_STAGE": "local",
        "TWIN_ENDPOINT_NAME": ENDPOINT,
        "TWIN_MODEL_ID": "twin",
        "TWIN_ENGINE": "vllm",
        "TWIN_COLD_START": "hold",
        "TWIN_COLD_START_TABLE": wakes_table,
        "TWIN_MAX_HELD_REQUESTS": str(MOST),
    }
    environment = {**os.environ, **cloud_environment, **settings}
    with ExitStack() as stack:
        services = [stack.enter_context(started(environment)) for _ in range(2)]
        for service in services:
            eventually(lambda url=service.url: _is_up(url), 60)
        yield services


def _is_up(url: str) -> bool:
    try:
        with urlopen(f"{url}/health") as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def wakes(connect_wakes):
    return connect_wakes(ENDPOINT)


def test_they_probe_in_turns_and_share_the_places(services, cold, wakes):
    urls = [service.url for service in services]
    began = time.monotonic()
    with ExitStack() as stack:
        asked = [posted(url, stream=True) for url in urls for _ in range(MOST // 2)]
        answers = [stack.enter_context(held) for held in asked]
        assert [answer.status for answer in answers] == [200] * MOST
        assert len(wakes.read().places) == MOST
        assert [post(url)[0] for url in urls] == [503, 503]

        first_tries = cold.refused
        eventually(lambda: cold.refused >= first_tries + 2)
        probes = (time.monotonic() - began) / Pace().probe_seconds
        cold.is_up.set()
        said = [text(answer.read()) for answer in answers]

    assert first_tries == len(urls)
    assert cold.refused <= first_tries + probes
    assert said == ["".join(WORDS)] * MOST
    wake = wakes.read()
    assert (wake.started_at, wake.places) == (None, {})
    assert 2 * Pace().probe_seconds <= wake.last_start_seconds <= time.monotonic() - began + 1


def test_one_that_is_killed_does_not_keep_the_other_from_probing(services, cold, wakes):
    dying, living = services
    with posted(dying.url, stream=True), posted(living.url, stream=True) as answer:
        assert len(wakes.read().places) == 2
        dying.process.kill()
        asked = cold.refused
        eventually(lambda: cold.refused > asked)
        cold.is_up.set()

        assert text(answer.read()) == "".join(WORDS)
    assert wakes.read().started_at is None
