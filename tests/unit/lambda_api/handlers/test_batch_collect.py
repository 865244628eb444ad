"""The events of the state machine's last function."""

from __future__ import annotations

import pytest

from lambda_api.batches.steps.schedule import ScheduledRun
from lambda_api.handlers import batch_collect
from tests.support.service.batch_world import BROKEN, OWNER, requests


@pytest.fixture
def handler(world, monkeypatch):
    monkeypatch.setattr(batch_collect, "_connected", lambda: world.runs)
    return lambda event: batch_collect.handler(event, None)


def test_a_job_that_ended_ends_the_batch(world, handler):
    batch = world.submit(requests(2))
    step = world.prepare(batch)
    world.transform(step)
    end = handler({"owner": OWNER, "batch_id": batch.id, "job_name": step["job_name"]})

    assert (end["proceed"], end["status"]) == (False, "completed")


def test_a_job_that_failed_is_logged_with_its_cause(world, handler, caplog):
    batch = world.submit(requests(8))
    step = world.prepare(batch)
    event = {"owner": OWNER, "batch_id": batch.id, "job_name": step["job_name"], "error": BROKEN}
    end = handler(event)

    assert end["status"] == "failed"
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert (warning.batch_id, warning.reason) == (batch.id, BROKEN)


def test_a_batch_whose_check_crashed_has_no_job(world, handler):
    batch = world.submit(requests(2))
    end = handler({"owner": OWNER, "batch_id": batch.id, "error": {"Error": "Lambda.Unknown"}})

    assert end["status"] == "failed"


def test_a_schedules_run_whose_check_crashed_is_found_by_its_run(world, handler):
    run = {"owner": "schedules", "schedule": "s", "input_prefix": "scheduled/", "run": "1"}
    world.store.put("scheduled/a.jsonl", requests(2))
    ScheduledRun(**run).begin(world.runs)

    assert handler({**run, "error": {"Error": "Lambda.Unknown"}})["status"] == "failed"
