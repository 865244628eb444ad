"""A job's answers taken up, with everything that goes wrong on the way."""

from __future__ import annotations

from random import Random

import pytest

from lambda_api.batches.steps.collect import collect
from tests.support.service.batch_world import (
    BROKEN,
    OWNER,
    REFUSED,
    World,
    custom_ids,
    requests,
)


def test_a_refused_request_takes_no_other_with_it(world):
    batch = world.submit(requests(8))
    step = world.prepare(batch)
    world.transform(step, refused={"r4"})
    again = world.collect(batch, step, REFUSED)
    assert again["proceed"] is True
    assert again["job_name"] != step["job_name"]
    world.transform(again, refused={"r4"})
    assert world.get(batch).request_counts.completed == 7
    world.collect(batch, again, REFUSED)
    ended = world.get(batch)

    assert ended.status == "completed"
    assert custom_ids(world.lines(ended.output_file_id)) == [f"r{n}" for n in range(8) if n != 4]
    (failed,) = world.lines(ended.error_file_id)
    assert failed["custom_id"] == "r4"
    assert failed["response"] is None
    assert failed["error"]["code"] == "request_failed"


def test_a_model_that_cannot_run_is_not_run_again(world):
    batch = world.submit(requests(8))
    step = world.prepare(batch)
    end = world.collect(batch, step, BROKEN)
    ended = world.get(batch)

    assert end["proceed"] is False
    assert ended.status == "failed"
    assert ended.errors.data[0].code == "model_failed"
    assert len(world.lines(ended.error_file_id)) == 8


def test_a_window_that_passed_keeps_what_came(world):
    batch = world.submit(requests(8))
    step = world.prepare(batch)
    world.transform(step, refused={"r4"})
    world.now = batch.expires_at
    world.collect(batch, step)
    ended = world.get(batch)

    assert ended.status == "expired"
    assert ended.expired_at == world.now
    assert len(world.lines(ended.output_file_id)) == 5
    assert {line["error"]["code"] for line in world.lines(ended.error_file_id)} == {"batch_expired"}


def test_a_check_that_crashed_fails_the_batch(world):
    batch = world.submit(requests(1))
    collect(world.runs, OWNER, batch.id, error={"Error": "Lambda.Unknown"})

    assert world.get(batch).errors.data[0].code == "check_failed"


@pytest.mark.parametrize("seed", range(40))
def test_every_request_is_answered_or_failed_once_whatever_is_tried_again(seed):
    random = Random(seed)
    count = random.randint(1, 30)
    world = World(batch_lines_per_shard=random.randint(1, 8))
    refused = {f"r{n}" for n in range(count) if random.random() < random.choice([0, 0.1, 0.5])}
    batch = world.submit(requests(count))
    for _ in range(random.randint(1, 3)):
        step = world.prepare(batch)
    while step["proceed"]:
        for _ in range(random.randint(1, 2)):
            came_back = world.transform(step, refused, random)
        error = None if came_back else REFUSED
        for _ in range(random.randint(1, 3)):
            following = world.collect(batch, step, error)
        step = following
    ended = world.get(batch)
    answered, failed = world.lines(ended.output_file_id), world.lines(ended.error_file_id)

    assert sorted(custom_ids(answered) + custom_ids(failed)) == sorted(
        f"r{n}" for n in range(count)
    )
    assert custom_ids(answered) == [f"r{n}" for n in range(count) if f"r{n}" not in refused]
    assert len({line["id"] for line in answered + failed}) == count
    for line in answered:
        content = line["response"]["body"]["choices"][0]["message"]["content"]
        assert content == f"about {line['custom_id']}"
    assert ended.request_counts.model_dump() == {
        "total": count,
        "completed": len(answered),
        "failed": len(failed),
    }
    assert ended.usage.total_tokens == 7 * len(answered)


@pytest.mark.parametrize("moment", ["validating", "prepared", "transformed", "second round"])
def test_a_cancelled_batch_keeps_what_came_and_says_so_of_the_rest(world, moment):
    batch = world.submit(requests(8))
    step = {"job_name": "none"}
    if moment != "validating":
        step = world.prepare(batch)
    if moment in {"transformed", "second round"}:
        world.transform(step, refused={"r4"})
    if moment == "second round":
        step = world.collect(batch, step, REFUSED)
    assert world.batches.cancel(OWNER, batch.id).status == "cancelling"
    # A function that was running when the execution was stopped changes nothing any more.
    world.collect(batch, step, REFUSED)
    assert world.prepare(batch)["proceed"] is False
    ended = world.get(batch)

    assert world.executions.calls[1:] == [("stop", batch.id), ("start", f"{batch.id}-cancel")]
    assert ended.status == "cancelled"
    assert ended.cancelled_at == world.now
    answered, failed = world.lines(ended.output_file_id), world.lines(ended.error_file_id)
    expected = {"validating": (0, 0), "prepared": (0, 8)}.get(moment, (5, 3))
    assert (len(answered), len(failed)) == expected
    assert {line["error"]["code"] for line in failed} <= {"batch_cancelled"}


def test_what_is_missing_after_the_window_is_not_run_again(world):
    batch = world.submit(requests(8))
    step = world.prepare(batch)
    world.transform(step, refused={"r4"})
    world.now += 86_400

    assert world.collect(batch, step, REFUSED)["proceed"] is False
    assert world.get(batch).status == "expired"
    assert len(world.lines(world.get(batch).output_file_id)) == 5
