"""Two processes of the service as they run in Lambda, and one wake in DynamoDB."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.request import urlopen

import pytest
from cold_world import WORDS, post, posted, text, until

from lambda_api.watch import Pace
from localcloud.ports import free_port
from tests.localcloud.cloud import ROOT

ENDPOINT, MOST = "twin-shared", 6


@contextmanager
def process(environment: dict[str, str]) -> Iterator[str]:
    """The service in a process of its own; its URL."""
    port = str(free_port())
    command = [sys.executable, "-m", "uvicorn", "--factory", "lambda_api.main:create_app"]
    process = subprocess.Popen(
        [*command, "--port", port, "--log-level", "warning", "--no-access-log"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def urls(standin, wakes_table, cloud_environment) -> Iterator[list[str]]:
    """Two processes that share a table."""
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
        urls = [stack.enter_context(process(environment)) for _ in range(2)]
        for url in urls:
            until(lambda url=url: _is_up(url), 60)
        yield urls


def _is_up(url: str) -> bool:
    try:
        with urlopen(f"{url}/health") as answer:
            return answer.status == 200
    except OSError:
        return False


def test_they_probe_in_turns_and_share_the_places(urls, cold, connect_wakes):
    wakes = connect_wakes(ENDPOINT)
    began = time.monotonic()
    with ExitStack() as stack:
        asked = [posted(url, stream=True) for url in urls for _ in range(MOST // 2)]
        answers = [stack.enter_context(held) for held in asked]
        assert [answer.status for answer in answers] == [200] * MOST
        assert len(wakes.read().places) == MOST
        assert [post(url)[0] for url in urls] == [503, 503]

        first_tries = cold.refused
        until(lambda: cold.refused >= first_tries + 2)
        probes = (time.monotonic() - began) / Pace().probe_seconds
        cold.is_up.set()
        said = [text(answer.read()) for answer in answers]

    assert first_tries == len(urls)
    assert cold.refused <= first_tries + probes
    assert said == ["".join(WORDS)] * MOST
    wake = wakes.read()
    assert (wake.started_at, wake.places) == (None, {})
    assert 2 * Pace().probe_seconds <= wake.last_start_seconds <= time.monotonic() - began + 1
