"""Batches as a caller asks for them."""

from __future__ import annotations

import pytest

from lambda_api.batches.schemas import BatchRequest
from lambda_api.errors import ConflictError, SchedulerError
from tests.support.service.batch_world import OWNER, jsonl, request, requests


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


@pytest.mark.parametrize("damage", [b"", b"{", b"{}", b"null"])
def test_a_batch_that_cannot_be_read_does_not_keep_the_others_from_the_list(world, damage):
    broken, sound = (world.submit(jsonl([request("a")])) for _ in range(2))
    world.store.put(f"batches/{OWNER}/{broken.id}/batch.json", damage)

    assert world.batches.page(OWNER, "", 10).data == [sound]
    assert world.unreadable == [broken.id]


def test_a_batch_that_was_made_but_not_answered_is_started_again_and_not_forgotten(
    world, monkeypatch
):
    batch = world.submit(jsonl([request("a")]))
    wanted = BatchRequest(
        input_file_id=batch.input_file_id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
    )
    assert world.batches.create(OWNER, wanted, batch.id) == batch

    def refuse(name, data):
        raise SchedulerError("no")

    monkeypatch.setattr(world.executions, "start", refuse)
    with pytest.raises(SchedulerError):
        world.batches.create(OWNER, wanted, batch.id)

    assert world.get(batch) == batch


@pytest.mark.parametrize("state", ["validating", "in_progress", "finalizing", "cancelling"])
def test_every_batch_that_has_not_ended_can_be_cancelled(world, state):
    batch = world.submit(jsonl([request("a")]))
    entered = lambda now: now.model_copy(update={"batch": now.batch.now(state, world.now)})  # noqa: E731
    world.runs.batches.update(OWNER, batch.id, entered)

    assert world.batches.cancel(OWNER, batch.id).status == "cancelling"


def test_a_batch_that_has_ended_cannot_be_cancelled(world):
    batch = world.submit(jsonl([request("a")]))
    world.store.delete_below("files/")
    world.prepare(batch)

    with pytest.raises(ConflictError, match="status 'failed'"):
        world.batches.cancel(OWNER, batch.id)


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
