"""A batch's usage, and its times."""

from __future__ import annotations

from lambda_api.batches.schemas import Batch, BatchUsage

ANSWER = {
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def test_usage_adds_up():
    usage = BatchUsage().plus(ANSWER).plus(ANSWER)

    assert usage.model_dump() == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 14,
        "output_tokens_details": {"reasoning_tokens": 6},
        "total_tokens": 24,
    }


def test_an_engine_that_tells_little_or_null_counts_as_nothing():
    for usage in ({}, {"prompt_tokens": None, "prompt_tokens_details": None}):
        assert BatchUsage().plus(usage) == BatchUsage()


GIVEN = {"endpoint": "/v1/responses", "input_file_id": "file-1", "model": "twin"}


def test_a_batch_expires_a_day_after_it_began():
    batch = Batch.validating("batch_1", **GIVEN, now=1000.9)

    assert (batch.status, batch.created_at) == ("validating", 1000)
    assert batch.expires_at == 1000 + 86_400


def test_entering_a_status_notes_the_time():
    batch = Batch.validating("batch_1", **GIVEN, now=1000)
    running = batch.now("in_progress", 1005.5)

    assert (running.status, running.in_progress_at) == ("in_progress", 1005)
    assert batch.in_progress_at is None
