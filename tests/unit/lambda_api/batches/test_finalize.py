"""The end of a batch, which is written once."""

from __future__ import annotations

import pytest

from lambda_api.batches.finalize import CANCELLED, COMPLETED, EXPIRED, fail, finish
from lambda_api.batches.schemas import BatchError
from tests.support.service.batch_world import OWNER, custom_ids, requests


@pytest.fixture
def prepared(world):
    """A batch of three requests that are all answered."""
    batch = world.submit(requests(3))
    world.transform(world.prepare(batch))
    return world.runs.batches.get(OWNER, batch.id)


@pytest.mark.parametrize(
    ("ending", "status"),
    [(COMPLETED, "completed"), (EXPIRED, "expired"), (CANCELLED, "cancelled")],
)
def test_what_came_is_kept_however_a_batch_ends(world, prepared, ending, status):
    ended = finish(world.runs, OWNER, prepared, ending).batch

    assert ended.status == status
    assert custom_ids(world.lines(ended.output_file_id)) == ["r0", "r1", "r2"]
    assert ended.error_file_id is None


def test_the_first_end_stands(world, prepared):
    first = finish(world.runs, OWNER, prepared, COMPLETED)
    world.now += 60

    assert finish(world.runs, OWNER, first, EXPIRED) == first


def test_only_a_batch_that_is_still_checked_can_fail_its_check(world, prepared):
    error = BatchError(code="check_failed", message="no")

    assert fail(world.runs, OWNER, prepared.batch.id, [error]).batch.status == "in_progress"
