"""`reject`: callers are told when to come back, and one of them wakes the endpoint."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.eventually import eventually
from tests.support.service.cold_world import CHAT, LONG, PACE, RESPONSES, post
from tests.support.service.standin_runtime import Reply, service_error


@pytest.fixture
def url(serve):
    return serve("reject", expected_start_seconds=417)


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize("stream", [True, False])
def test_a_cold_endpoint_says_when_it_will_be_up(url, cold, path, stream):
    status, headers, body = post(url, path, stream=stream)

    assert status == 503
    assert headers["retry-after"] == "417"
    assert body["error"] == {
        "message": "the model is not ready, try again in 417 s",
        "type": "server_error",
        "param": None,
        "code": "model_not_ready",
    }


def test_what_is_said_follows_the_start_that_was_measured(url, cold, wakes):
    began = post(url)
    eventually(lambda: post(url)[0] == 503 and cold.refused >= 4)
    cold.is_up.set()
    eventually(lambda: post(url)[0] == 200)
    measured = wakes.wake.last_start_seconds
    cold.is_up.clear()
    later = post(url)

    assert began[1]["retry-after"] == "417"
    assert 0 < measured < LONG
    assert later[0] == 503
    assert 5 <= int(later[1]["retry-after"]) <= max(5, measured + 1)


def test_callers_that_do_not_wait_do_not_all_reach_the_endpoint(url, cold):
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(url)[0], range(300)))
    probes = (time.monotonic() - began) / PACE.probe_seconds + 1

    assert set(answers) == {503}
    assert cold.refused <= 20 + probes


def test_other_failures_are_what_they_were(url, cold, wakes):
    cold.cold = service_error(400, "ThrottlingException", "Rate exceeded")
    assert post(url)[0] == 429
    cold.cold = service_error(400, "ValidationError", "Endpoint twin-local not found.")
    assert post(url)[0] == 404
    cold.cold = Reply(500, b"{}")
    assert post(url)[0] == 502

    assert wakes.calls == []


def test_an_endpoint_that_is_deleted_while_it_wakes_is_missing(url, cold, wakes):
    assert post(url)[0] == 503
    cold.cold = service_error(400, "ValidationError", "Endpoint twin-local not found.")
    eventually(lambda: post(url)[0] == 404)

    assert post(url)[0] == 404
    assert wakes.wake.started_at is None


def test_without_the_setting_all_is_as_it_was(serve, cold, wakes):
    status, headers, body = post(serve(None, cold_start_table=None))

    assert (status, headers["retry-after"]) == (503, "10")
    assert body["error"]["message"] == "the model is not ready, try again shortly"
    assert wakes.calls == []
