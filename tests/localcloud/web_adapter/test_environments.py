"""One request an environment: as many processes as requests at once, and no more than reserved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import psutil
import pytest

from localcloud.settings import Settings
from tests.support.eventually import LONG, eventually
from tests.support.localcloud import cloud as local
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.streaming_api import deploy, key

AT_ONCE = 20


@pytest.fixture
def apart(settings: Settings) -> Iterator[Cloud]:
    """A local cloud whose environments have one request at a time."""
    running = local.start(settings.model_copy(update={"one_request_per_environment": True}))
    yield running
    local.stop(running)


def environments(cloud: Cloud) -> set[int]:
    children = psutil.Process(cloud.process.pid).children()
    return {child.pid for child in children if child.cmdline()[-2:] == ["-m", "server"]}


def test_each_request_has_an_environment_until_none_is_left(apart: Cloud) -> None:
    api = deploy(apart, reserved=AT_ONCE)
    packages = apart.settings.work_dir / "functions"
    eventually(lambda: any(packages.glob("*/server.py")))  # unpacked, and not started
    assert environments(apart) == set()
    headers = {"Authorization": f"Bearer {key(api)}"}
    with httpx2.Client(base_url=api.url, headers=headers, timeout=LONG) as http:
        with ExitStack() as held:
            opened = (http.stream("POST", "/v1/ticks?n=4000") for _ in range(AT_ONCE))
            # An answer is closed when its iterator is dropped.
            streams = [held.enter_context(each).iter_lines() for each in opened]
            assert {next(stream) for stream in streams} == {"data: 0"}
            busy = environments(apart)
            assert len(busy) == AT_ONCE
            throttled = http.get("/v1/echo")
            assert throttled.status_code == 500
            assert throttled.headers["retry-after"]
        eventually(lambda: http.get("/v1/echo").status_code == 200)  # the streams' ends are noticed
        assert http.get("/v1/echo").json()["pid"] in busy
        assert environments(apart) == busy
