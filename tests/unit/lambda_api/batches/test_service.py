"""Batches as a caller asks for them."""

from __future__ import annotations

import pytest

from lambda_api.errors import SchedulerError
from tests.support.service.batch_world import OWNER, jsonl, request


def test_a_batch_that_cannot_be_started_is_forgotten(world, monkeypatch):
    def refuse(name, data):
        raise SchedulerError("no")

    monkeypatch.setattr(world.executions, "start", refuse)

    with pytest.raises(SchedulerError):
        world.submit(jsonl([request("a")]))
    assert world.batches.page(OWNER, "", 10).data == []
    assert list(world.runs.batches.marks()) == []


def test_a_cancel_whose_stop_failed_can_be_sent_again(world, monkeypatch):
    batch = world.submit(jsonl([request("a")]))

    def refuse(name):
        raise SchedulerError("no")

    with monkeypatch.context() as patch:
        patch.setattr(world.executions, "stop", refuse)
        with pytest.raises(SchedulerError):
            world.batches.cancel(OWNER, batch.id)
    assert world.batches.cancel(OWNER, batch.id).status == "cancelling"

    assert world.executions.calls[1:] == [("stop", batch.id), ("start", f"{batch.id}-cancel")]
