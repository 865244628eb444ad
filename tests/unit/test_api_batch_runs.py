"""A batch from its input to its files, with everything that goes wrong on the way."""

from __future__ import annotations

import json
from random import Random

import pytest

from lambda_api.batches.collect import collect
from lambda_api.batches.schedule import ScheduledRun
from lambda_api.errors import NotFoundError
from tests.support.service.batch_world import (
    BROKEN,
    OWNER,
    REFUSED,
    TIMED_OUT,
    World,
    jsonl,
    request,
)


@pytest.fixture
def world():
    return World()


def requests(count):
    return jsonl(request(f"r{n}") for n in range(count))


def ids(lines):
    return [line["custom_id"] for line in lines]


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


def test_answers_become_openais_output_file(world):
    batch = world.submit(requests(4))
    step = world.prepare(batch)
    assert world.get(batch).status == "in_progress"
    world.transform(step)
    assert world.get(batch).request_counts.completed == 4
    end = world.collect(batch, step)
    ended = world.get(batch)

    assert end["proceed"] is False
    assert end["status"] == ended.status == "completed"
    assert ended.request_counts.model_dump() == {"total": 4, "completed": 4, "failed": 0}
    assert ended.usage.model_dump() == {
        "input_tokens": 12,
        "input_tokens_details": {"cached_tokens": 8},
        "output_tokens": 16,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 28,
    }
    assert ended.error_file_id is None
    output = world.lines(ended.output_file_id)
    assert ids(output) == ["r0", "r1", "r2", "r3"]
    assert output[0]["id"].startswith("batch_req_")
    assert output[0]["error"] is None
    assert output[0]["response"]["status_code"] == 200
    assert output[0]["response"]["body"]["model"] == "twin"
    assert output[0]["response"]["body"]["choices"][0]["message"]["content"] == "about r0"
    file = world.files.get(OWNER, ended.output_file_id)
    assert file.purpose == "batch_output"
    assert file.filename == f"{batch.id}_output.jsonl"


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
    world.files.delete(OWNER, batch.input_file_id)

    assert world.prepare(batch)["proceed"] is False
    assert world.get(batch).errors.data[0].code == "file_not_found"


def test_what_an_earlier_try_left_is_no_input(world):
    batch = world.submit(requests(4))
    stale = f"batches/{OWNER}/{batch.id}/input/1/000900-3.jsonl"
    world.store.put(stale, b"")
    world.prepare(batch)

    assert stale not in world.store.objects


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
    assert ids(world.lines(ended.output_file_id)) == [f"r{n}" for n in range(8) if n != 4]
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
    world.collect(batch, step, TIMED_OUT)
    ended = world.get(batch)

    assert ended.status == "expired"
    assert ended.expired_at == world.now
    assert len(world.lines(ended.output_file_id)) == 5
    assert {line["error"]["code"] for line in world.lines(ended.error_file_id)} == {"batch_expired"}


def test_a_check_that_crashed_fails_the_batch(world):
    batch = world.submit(requests(1))
    collect(world.runs, OWNER, batch.id, error={"Error": "Lambda.Unknown"})

    assert world.get(batch).errors.data[0].code == "check_failed"


def test_rubbish_in_an_answer_fails_that_request_only(world):
    batch = world.submit(requests(3))
    step = world.prepare(batch)
    world.transform(step)
    (key,) = [key for key in world.store.objects if key.endswith(".out")]
    first, *_ = world.store.objects[key].body.splitlines(keepends=True)
    error = json.dumps({"id": "r1", "SageMakerOutput": {"error": "overloaded"}}).encode()
    world.store.put(key, first + b'{"cut\n' + b"[]\n" + error + b"\n" + first)
    world.collect(batch, step)
    ended = world.get(batch)

    assert ids(world.lines(ended.output_file_id)) == ["r0"]
    assert ids(world.lines(ended.error_file_id)) == ["r1", "r2"]


def test_half_an_emoji_in_an_answer_does_no_harm(world):
    batch = world.submit(requests(1))
    step = world.prepare(batch)
    world.transform(step)
    (key,) = [key for key in world.store.objects if key.endswith(".out")]
    body = world.store.objects[key].body
    world.store.put(key, body.replace(b"about r0", b"\\ud83d Gr\xc3\xbc\xc3\x9fe"))
    world.collect(batch, step)

    (line,) = world.lines(world.get(batch).output_file_id)
    assert line["response"]["body"]["choices"][0]["message"]["content"] == "? Grüße"


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

    assert sorted(ids(answered) + ids(failed)) == sorted(f"r{n}" for n in range(count))
    assert ids(answered) == [f"r{n}" for n in range(count) if f"r{n}" not in refused]
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


def test_a_cancel_during_the_check_wins(world, monkeypatch):
    batch = world.submit(requests(4))
    content = world.store.stream

    def cancel_midway(key):
        yield from content(key)
        world.batches.cancel(OWNER, batch.id)

    monkeypatch.setattr(world.store, "stream", cancel_midway)

    assert world.prepare(batch)["proceed"] is False
    assert world.get(batch).status == "cancelling"


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
