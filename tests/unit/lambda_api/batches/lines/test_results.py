"""Answers joined to their requests."""

from __future__ import annotations

import json

import pytest

from lambda_api.batches.lines.results import Join
from lambda_api.batches.steps.finalize import COMPLETED
from lambda_api.engine.served_models import ServedModels
from tests.support.service.batch_world import (
    OWNER,
    custom_ids,
    requests,
)


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
    assert custom_ids(output) == ["r0", "r1", "r2", "r3"]
    assert output[0]["id"].startswith("batch_req_")
    assert output[0]["error"] is None
    assert output[0]["response"]["status_code"] == 200
    assert output[0]["response"]["body"]["model"] == "twin"
    assert output[0]["response"]["body"]["choices"][0]["message"]["content"] == "about r0"
    file = world.files.get(OWNER, ended.output_file_id)
    assert file.purpose == "batch_output"
    assert file.filename == f"{batch.id}_output.jsonl"


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

    assert custom_ids(world.lines(ended.output_file_id)) == ["r0"]
    assert custom_ids(world.lines(ended.error_file_id)) == ["r1", "r2"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/v1/completions", lambda body: body["choices"][0]["text"]),
        ("/v1/responses", lambda body: body["output"][0]["content"][0]["text"]),
    ],
)
def test_answers_are_in_the_requests_format_and_the_same_when_written_again(world, path, text):
    batch = world.submit(requests(4, path), path)
    step = world.prepare(batch)
    world.transform(step)
    shards = world.runs.shards(OWNER, batch.id)
    first, again = (
        list(Join(shards, world.get(batch), COMPLETED.unanswered, ServedModels("twin")).output())
        for _ in range(2)
    )
    world.collect(batch, step)
    ended = world.get(batch)

    assert (ended.status, ended.endpoint) == ("completed", path)
    assert ended.usage.total_tokens == 4 * 7
    assert first == again
    lines = world.lines(ended.output_file_id)
    assert [line["response"]["body"]["model"] for line in lines] == ["twin"] * 4
    assert [text(line["response"]["body"]) for line in lines] == [f"about r{n}" for n in range(4)]
    assert len({line["response"]["body"]["id"] for line in lines}) == (4 if "resp" in path else 1)


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/responses"])
def test_an_answer_that_cannot_be_translated_fails_that_request_only(world, path):
    batch = world.submit(requests(2, path), path)
    step = world.prepare(batch)
    world.transform(step)
    (key,) = [key for key in world.store.objects if key.endswith(".out")]
    first, second = world.store.objects[key].body.splitlines()
    broken = {**json.loads(second), "SageMakerOutput": {"choices": [{"message": "none"}]}}
    world.store.put(key, first + b"\n" + json.dumps(broken).encode())
    world.collect(batch, step)
    ended = world.get(batch)

    assert custom_ids(world.lines(ended.output_file_id)) == ["r0"]
    assert custom_ids(world.lines(ended.error_file_id)) == ["r1"]


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
