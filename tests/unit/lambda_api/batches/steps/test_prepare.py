"""A batch made ready to run."""

from __future__ import annotations

import pytest

from tests.support.service.batch_world import (
    OWNER,
    jsonl,
    request,
    requests,
)


def test_instances_share_no_more_files_than_there_are(world):
    step = world.prepare(world.submit(requests(7)))
    keys = [info.key for info in world.store.list(step["input_uri"].removeprefix("s3://bucket/"))]

    assert [key.rpartition("/")[2] for key in keys] == [
        "000001-3.jsonl",
        "000004-3.jsonl",
        "000007-1.jsonl",
    ]
    assert step["instance_count"] == 2
    assert len(step["job_name"]) <= 63
    assert world.prepare(world.submit(requests(2)))["instance_count"] == 1


@pytest.mark.parametrize(
    "content",
    [b"{\n", b"\n", jsonl([request("a"), request("a")]), jsonl([request("a", url="/v1/x")])],
)
def test_a_wrong_input_fails_the_batch_and_starts_nothing(world, content):
    batch = world.submit(content)
    step = world.prepare(batch)
    failed = world.get(batch)

    assert step["proceed"] is False
    assert failed.status == "failed"
    assert failed.failed_at == world.now
    assert failed.errors.data
    assert failed.output_file_id is failed.error_file_id is None


def test_an_input_deleted_meanwhile_fails_the_batch(world):
    batch = world.submit(requests(1))
    world.store.delete_below(f"files/{OWNER}/{batch.input_file_id}/")

    assert world.prepare(batch)["proceed"] is False
    assert world.get(batch).errors.data[0].code == "file_not_found"


def test_what_an_earlier_try_left_is_no_input(world):
    batch = world.submit(requests(4))
    stale = f"batches/{OWNER}/{batch.id}/input/1/000900-3.jsonl"
    world.store.put(stale, b"")
    world.prepare(batch)

    assert stale not in world.store.objects


def test_a_cancel_during_the_check_wins(world, monkeypatch):
    batch = world.submit(requests(4))
    content = world.store.stream

    def cancel_midway(key):
        yield from content(key)
        world.batches.cancel(OWNER, batch.id)

    monkeypatch.setattr(world.store, "stream", cancel_midway)

    assert world.prepare(batch)["proceed"] is False
    assert world.get(batch).status == "cancelling"


@pytest.mark.parametrize("is_prepared", [False, True])
def test_a_batch_past_its_window_starts_no_job(world, is_prepared):
    batch = world.submit(requests(2))
    if is_prepared:
        world.prepare(batch)
    world.now += 86_400

    assert world.prepare(batch)["proceed"] is False
    assert world.get(batch).status == "expired"
