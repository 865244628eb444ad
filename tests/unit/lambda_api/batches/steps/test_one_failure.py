"""Storage that fails once, at any call of any step: the batch ends, whole, all the same."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_api.batches.steps.settle import settle
from lambda_api.batches.steps.sweep import Sweep, SweepError
from lambda_api.errors import StorageError
from tests.support.service.batch_world import OWNER, REFUSED, World, custom_ids, requests
from tests.unit.lambda_api.batches.steps.test_sweep import Report

REQUESTS = 7


def retried(step: Any, *given: Any) -> Any:
    """Run a step as the state machine and Lambda do: once more after an error."""
    try:
        return step(*given)
    except (StorageError, SweepError):
        return step(*given)


def run_to_the_end(world: World) -> Any:
    batch = retried(world.submit, requests(REQUESTS))
    step, error = retried(world.prepare, batch), None
    while step["proceed"]:
        came_back = retried(world.transform, step, {"r4"})
        error = None if came_back else REFUSED
        step = retried(world.collect, batch, step, error)
    return batch


def is_whole(world: World, batch: Any) -> None:
    ended = world.get(batch)
    answered, failed = world.lines(ended.output_file_id), world.lines(ended.error_file_id)
    assert ended.status in {"completed", "cancelled", "expired"}
    assert custom_ids(answered) == [f"r{n}" for n in range(REQUESTS) if n != 4]
    assert custom_ids(failed) == ["r4"]
    assert len(world.files.page(OWNER, "", 100, "desc", "batch_output").data) == 2


def every_call(prepare: Any, run: Any) -> int:
    """Count the calls that a run makes of the storage, to fail each of them in turn."""
    world = World()
    given = prepare(world)
    before = len(world.store.calls)
    run(world, given)
    return len(world.store.calls) - before


def nothing(_world: World) -> None:
    return None


def transformed(world: World) -> Any:
    """A batch whose jobs are over and whose answers nobody has collected."""
    batch = world.submit(requests(REQUESTS))
    step = world.prepare(batch)
    world.transform(step, {"r4"})
    world.transform(world.collect(batch, step, REFUSED), {"r4"})
    return batch


def settled(world: World, batch: Any) -> None:
    retried(settle, world.runs, OWNER, batch.id)


def swept(world: World, batch: Any) -> None:
    world.now += 86_400
    retried(Sweep(world.runs, world.executions, Report()))


def cancelled(world: World, batch: Any) -> None:
    retried(world.batches.cancel, OWNER, batch.id)
    retried(world.prepare, batch)


@pytest.mark.parametrize("failing", range(every_call(nothing, lambda w, _: run_to_the_end(w))))
def test_a_run_ends_whole(failing: int) -> None:
    world = World()
    world.store.fail(failing)
    batch = run_to_the_end(world)

    is_whole(world, batch)


@pytest.mark.parametrize(
    ("end", "failing"),
    [
        (end, failing)
        for end in (settled, swept, cancelled)
        for failing in range(every_call(transformed, end))
    ],
)
def test_an_end_by_anybody_else_is_whole_too(end: Any, failing: int) -> None:
    world = World()
    batch = transformed(world)
    world.store.fail(failing)
    end(world, batch)

    assert len(world.store.calls) > world.store.failing
    is_whole(world, batch)
