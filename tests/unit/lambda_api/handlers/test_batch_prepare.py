"""The events of the state machine's first function."""

from __future__ import annotations

import pytest

from lambda_api.handlers import batch_prepare
from tests.support.service.batch_world import OWNER, requests


@pytest.fixture
def handler(world, monkeypatch):
    monkeypatch.setattr(batch_prepare, "_connected", lambda: world.runs)
    return lambda event: batch_prepare.handler(event, None)


def test_a_batch_that_was_made_is_prepared(world, handler):
    batch = world.submit(requests(2))
    step = handler({"owner": OWNER, "batch_id": batch.id})

    assert step["proceed"] is True
    assert world.get(batch).status == "in_progress"


def test_a_schedules_run_is_made_and_prepared(world, handler):
    world.store.put("scheduled/a.jsonl", requests(2))
    event = {"owner": "schedules", "schedule": "s", "input_prefix": "scheduled/", "run": "1"}
    step = handler(event)

    assert step["proceed"] is True
    assert handler(event) == step
