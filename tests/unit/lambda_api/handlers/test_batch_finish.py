"""The finisher's events: those of the state machine, and EventBridge's."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from lambda_api.batches.steps.schedule import ScheduledRun
from lambda_api.handlers import batch_finish
from tests.support.service.batch_world import OWNER, requests


@pytest.fixture
def stopped(monkeypatch):
    """Batches whose jobs were stopped."""
    ids: list[str] = []
    monkeypatch.setattr(batch_finish, "_jobs", lambda: SimpleNamespace(stop=ids.append))
    return ids


@pytest.fixture
def handler(world, stopped, monkeypatch):
    monkeypatch.setattr(batch_finish, "_connected", lambda: world.runs)
    return lambda event: batch_finish.handler(event, None)


def changed(data, status="FAILED"):
    detail = {"status": status, "name": "x", "input": json.dumps(data)}
    return {"source": "aws.states", "detail": detail}


@pytest.mark.parametrize("around", [lambda data: data, changed])
def test_answers_that_nobody_collected_are_delivered(world, handler, around):
    batch = world.submit(requests(2))
    world.transform(world.prepare(batch))
    end = handler(around({"owner": OWNER, "batch_id": batch.id}))

    assert (end["proceed"], end["status"]) == (False, "completed")
    assert len(world.lines(world.get(batch).output_file_id)) == 2


def test_the_batch_of_a_schedules_run_is_found(world, handler):
    run = {"owner": "schedules", "schedule": "s", "input_prefix": "scheduled/", "run": "1"}
    world.store.put("scheduled/a.jsonl", requests(2))
    ScheduledRun(**run).begin(world.runs)

    assert handler(changed(run))["status"] == "failed"


def test_a_run_that_made_no_batch_has_nothing_to_end(handler):
    run = {"owner": "schedules", "schedule": "s", "input_prefix": "scheduled/", "run": "1"}

    assert handler(changed(run))["status"] is None


def test_the_job_of_an_execution_that_was_cut_short_is_stopped(world, handler, stopped):
    batch = world.submit(requests(2))
    world.prepare(batch)

    handler({"owner": OWNER, "batch_id": batch.id})
    assert stopped == []
    handler(changed({"owner": OWNER, "batch_id": batch.id}, "ABORTED"))
    assert stopped == [batch.id]
