"""The end of a batch, which is written once."""

from __future__ import annotations

import pytest

from lambda_api.batches.schemas import BatchError
from lambda_api.batches.steps.finalize import (
    CANCELLED,
    COMPLETED,
    EXPIRED,
    INTERRUPTED,
    fail,
    finish,
)
from tests.support.service.batch_world import OWNER, custom_ids, requests


@pytest.fixture
def prepared(world):
    """A batch of four requests, of which three are answered."""
    batch = world.submit(requests(4))
    world.transform(world.prepare(batch), refused={"r3"})
    return batch


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (COMPLETED, "completed"),
        (EXPIRED, "expired"),
        (CANCELLED, "cancelled"),
        (INTERRUPTED, "completed"),
    ],
)
def test_what_came_is_kept_however_a_batch_ends(world, prepared, ending, status):
    ended = finish(world.runs, OWNER, prepared.id, ending).batch

    assert ended.status == status
    assert custom_ids(world.lines(ended.output_file_id)) == ["r0", "r1", "r2"]
    assert custom_ids(world.lines(ended.error_file_id)) == ["r3"]


def test_the_first_end_stands(world, prepared):
    first = finish(world.runs, OWNER, prepared.id, COMPLETED)
    world.now += 60

    assert finish(world.runs, OWNER, prepared.id, EXPIRED) == first


def test_only_a_batch_that_is_still_checked_can_fail_its_check(world, prepared):
    error = BatchError(code="check_failed", message="no")

    assert fail(world.runs, OWNER, prepared.id, [error]).batch.status == "in_progress"


def test_a_batch_that_is_answered_whole_has_not_expired(world):
    batch = world.submit(requests(3))
    world.transform(world.prepare(batch))

    assert finish(world.runs, OWNER, batch.id, EXPIRED).batch.status == "completed"


def test_a_batch_that_is_cancelled_while_its_files_are_written_is_cancelled(world, prepared):
    world.batches.cancel(OWNER, prepared.id)

    assert finish(world.runs, OWNER, prepared.id, COMPLETED).batch.status == "cancelled"


def test_an_interrupted_batch_without_an_answer_has_failed_and_says_why(world):
    batch = world.submit(requests(2))
    world.prepare(batch)
    ended = finish(world.runs, OWNER, batch.id, INTERRUPTED).batch

    assert (ended.status, ended.errors.data[0].code) == ("failed", "batch_interrupted")
