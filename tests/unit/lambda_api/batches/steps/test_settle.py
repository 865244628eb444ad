"""The end of a batch whose run was cut short, in whatever state it was."""

from __future__ import annotations

import pytest

from lambda_api.batches.steps.settle import settle
from tests.support.service.batch_world import OWNER, REFUSED, custom_ids, requests

DAY = 86_400


@pytest.mark.parametrize(
    ("state", "status", "answered"),
    [
        ("validating", "failed", 0),
        ("prepared", "failed", 0),
        ("transformed", "completed", 5),
        ("second round", "completed", 5),
        ("cancelling", "cancelled", 5),
    ],
)
def test_a_batch_ends_in_every_state_with_what_is_there(world, state, status, answered):
    batch = world.submit(requests(8))
    if state != "validating":
        step = world.prepare(batch)
    if state in {"transformed", "second round", "cancelling"}:
        world.transform(step, refused={"r4"})
    if state == "second round":
        world.collect(batch, step, REFUSED)
    if state == "cancelling":
        world.batches.cancel(OWNER, batch.id)
    settle(world.runs, OWNER, batch.id)
    ended = world.get(batch)

    assert ended.status == status
    given = custom_ids(world.lines(ended.output_file_id))
    missing = custom_ids(world.lines(ended.error_file_id))
    assert len(given) == answered
    assert sorted(given + missing) == ([] if state == "validating" else [f"r{n}" for n in range(8)])


@pytest.mark.parametrize("state", ["validating", "in_progress"])
def test_a_batch_whose_window_is_over_has_expired(world, state):
    batch = world.submit(requests(2))
    if state == "in_progress":
        world.prepare(batch)
    world.now += DAY

    assert settle(world.runs, OWNER, batch.id).batch.status == "expired"


def test_a_check_that_never_ended_says_so(world):
    batch = world.submit(requests(2))

    assert settle(world.runs, OWNER, batch.id).batch.errors.data[0].code == "check_failed"


def test_an_end_stays_though_its_answers_were_cleared_since(world):
    batch = world.submit(requests(2))
    step = world.prepare(batch)
    world.transform(step)
    world.collect(batch, step)
    ended = world.get(batch)
    world.runs.shards(OWNER, batch.id).clear()
    settle(world.runs, OWNER, batch.id)

    assert world.get(batch) == ended
    assert len(world.lines(ended.output_file_id)) == 2


def test_a_check_that_ends_at_the_same_moment_leaves_no_batch_open(world, monkeypatch):
    batch = world.submit(requests(2))
    read = world.store.store.get

    def read_before_the_check_ends(key):
        kept = read(key)
        if key.endswith("batch.json"):
            monkeypatch.undo()
            world.transform(world.prepare(batch))
        return kept

    monkeypatch.setattr(world.store.store, "get", read_before_the_check_ends)

    assert settle(world.runs, OWNER, batch.id).batch.status == "completed"
