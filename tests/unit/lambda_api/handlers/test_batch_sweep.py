"""The sweeper over a bucket, and its log."""

from __future__ import annotations

import json

import pytest
from aws_lambda_powertools.logging import Logger

from lambda_api.batches.steps.sweep import Sweep, SweepError
from lambda_api.errors import SchedulerError
from lambda_api.handlers import batch_sweep
from lambda_api.http.metric_log import MetricLog
from tests.support.service.batch_world import OWNER, requests


@pytest.fixture
def handler(world, monkeypatch):
    report = batch_sweep._Report(MetricLog(world.settings), Logger(service="twin"))
    sweep = Sweep(world.runs, world.executions, report)
    monkeypatch.setattr(batch_sweep, "_connected", lambda: sweep)
    return lambda: batch_sweep.handler({}, None)


def test_an_overdue_batch_is_ended(world, handler):
    batch = world.submit(requests(2))
    world.now += 86_400
    handler()

    assert world.get(batch).status == "expired"


def test_an_unreadable_batch_is_a_metric(world, handler, capsys):
    batch = world.submit(requests(2))
    world.store.put(f"batches/{OWNER}/{batch.id}/batch.json", b"{")
    handler()

    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["UnreadableObjects"], line["object_id"]) == ([1.0], batch.id)


def test_a_batch_that_could_not_be_ended_is_a_warning_and_an_error_of_the_function(
    world, handler, monkeypatch, caplog
):
    batch = world.submit(requests(2))
    world.now += 86_400

    def stop(name):
        raise SchedulerError("no", reason="throttled")

    monkeypatch.setattr(world.executions, "stop", stop)
    with pytest.raises(SweepError):
        handler()

    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert (warning.batch_id, warning.reason) == (batch.id, "throttled")
