"""A batch that recurs."""

from __future__ import annotations

import pytest

from lambda_api.batches.steps.schedule import ScheduledRun
from lambda_api.errors import NotFoundError
from tests.support.service.batch_world import (
    OWNER,
    jsonl,
    request,
    requests,
)


def test_a_schedules_files_are_a_batch_however_often_a_run_is_tried(world):
    world.store.put("scheduled/nightly/a.jsonl", requests(2).rstrip())
    world.store.put("scheduled/nightly/b.jsonl", jsonl([request("last")]))
    world.store.put("scheduled/nightly/notes.txt", b"not read")
    run = ScheduledRun("schedules", "nightly", "scheduled/nightly/", "run-1")
    run.begin(world.runs)
    world.store.put("scheduled/nightly/b.jsonl", b"changed")
    run.begin(world.runs)
    state = world.runs.batches.get("schedules", run.batch_id)
    file = world.files.get("schedules", state.batch.input_file_id)
    lines = b"".join(world.files.content("schedules", file)).split()

    assert state.batch.metadata == {"schedule": "nightly"}
    assert file.filename == "nightly.jsonl"
    assert b"last" in b"".join(lines)
    with pytest.raises(NotFoundError):
        world.runs.batches.get(OWNER, run.batch_id)
