"""Batches as a caller asks for them."""

from __future__ import annotations

import pytest

from lambda_api.errors import InvalidRequestError, SchedulerError
from tests.support.service.batch_world import OWNER, jsonl, request, requests


def test_a_batch_that_cannot_be_started_is_forgotten(world, monkeypatch):
    def refuse(name, data):
        raise SchedulerError("no")

    monkeypatch.setattr(world.executions, "start", refuse)

    with pytest.raises(SchedulerError):
        world.submit(jsonl([request("a")]))
    assert list(world.batches.ids(OWNER)) == []


def test_a_cancel_whose_stop_failed_can_be_sent_again(world, monkeypatch):
    batch = world.submit(jsonl([request("a")]))

    def refuse(name):
        raise SchedulerError("no")

    with monkeypatch.context() as patch:
        patch.setattr(world.executions, "stop", refuse)
        with pytest.raises(SchedulerError):
            world.batches.cancel(OWNER, batch.id)
    with pytest.raises(InvalidRequestError, match="status 'cancelling'"):
        world.batches.cancel(OWNER, batch.id)

    assert world.executions.calls[1:] == [("stop", batch.id), ("start", f"{batch.id}-cancel")]


def test_the_ended_are_told_from_the_open(world):
    ended, opened = world.submit(b"no requests\n"), world.submit(requests(1))
    world.prepare(ended)
    missing = ended.id[:-1] + ("0" if ended.id[-1] != "0" else "1")

    asked = [ended.id, opened.id, missing, "no id"]
    assert world.batches.ended(OWNER, asked) == [ended.id, missing, "no id"]


def test_a_batch_whose_state_cannot_be_read_counts_as_open(world):
    batch = world.submit(requests(1))
    (key,) = [key for key in world.store.objects if key.endswith("batch.json")]
    world.store.put(key, b"{")

    assert world.batches.ended(OWNER, [batch.id]) == []
