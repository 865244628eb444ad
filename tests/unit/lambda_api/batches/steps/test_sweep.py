"""The sweep: what nobody ended is ended, what has ended is cleared."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from lambda_api.batches.steps.schedule import ScheduledRun
from lambda_api.batches.steps.sweep import SETTLING_SECONDS, Sweep, SweepError
from lambda_api.errors import SchedulerError, ServiceError
from tests.support.service.batch_world import OWNER, custom_ids, requests

DAY = 86_400


@dataclass
class Report:
    unreadable: list[str] = field(default_factory=list)
    failures: list[tuple[str, ServiceError]] = field(default_factory=list)

    def note_unreadable(self, object_id):
        self.unreadable.append(object_id)

    def note_failure(self, object_id, error):
        self.failures.append((object_id, error))


@pytest.fixture
def report():
    return Report()


@pytest.fixture
def sweep(world, report):
    return Sweep(world.runs, world.executions, report)


def begin(world, state, count=4):
    """A batch of which the first three requests are answered, if it has come that far."""
    batch = world.submit(requests(count))
    if state in {"in_progress", "finalizing", "cancelling"}:
        world.transform(world.prepare(batch), refused={"r3"})
    if state == "cancelling":
        world.batches.cancel(OWNER, batch.id)
    if state == "finalizing":
        world.runs.batches.update(
            OWNER,
            batch.id,
            lambda now: now.model_copy(update={"batch": now.batch.now("finalizing", world.now)}),
        )
    return batch


@pytest.mark.parametrize(
    ("state", "ending"),
    [
        ("validating", "expired"),
        ("in_progress", "expired"),
        ("finalizing", "completed"),
        ("cancelling", "cancelled"),
    ],
)
def test_a_batch_past_its_window_is_stopped_and_ended_in_whatever_state(
    world, sweep, state, ending
):
    batch = begin(world, state)
    world.now += DAY
    sweep()
    ended = world.get(batch)

    assert ended.status == ending
    assert not world.executions.running
    if state != "validating":
        assert custom_ids(world.lines(ended.output_file_id)) == ["r0", "r1", "r2"]
        assert custom_ids(world.lines(ended.error_file_id)) == ["r3"]


def test_a_batch_that_runs_is_left_alone(world, sweep):
    batch = begin(world, "in_progress")
    before = world.get(batch)
    world.now += DAY - 1
    sweep()

    assert world.get(batch) == before


@pytest.mark.parametrize("state", ["validating", "in_progress", "finalizing"])
def test_a_batch_that_nobody_runs_is_ended(world, sweep, state):
    batch = begin(world, state)
    world.executions.running.clear()
    sweep()

    assert world.get(batch).status == ("failed" if state == "validating" else "completed")


def test_a_batch_just_made_is_not_taken_for_abandoned(world, sweep):
    batch = begin(world, "validating")
    world.executions.running.clear()
    (mark,) = world.runs.batches.marks()
    world.now = mark.since + SETTLING_SECONDS - 1
    sweep()

    assert world.get(batch).status == "validating"


def test_a_recurring_batch_is_not_looked_for_among_executions(world, sweep):
    run = ScheduledRun("schedules", "nightly", "scheduled/", "1")
    world.store.put("scheduled/a.jsonl", requests(1))
    run.begin(world.runs)
    sweep()
    assert world.runs.batches.get("schedules", run.batch_id).batch.status == "validating"
    world.now += DAY
    sweep()

    assert world.runs.batches.get("schedules", run.batch_id).batch.status == "expired"


def test_what_has_ended_is_cleared_once_no_function_can_be_at_work_on_it(world, sweep):
    batch = begin(world, "cancelling")
    world.prepare(batch)
    folder = f"batches/{OWNER}/{batch.id}/"
    world.now += SETTLING_SECONDS - 1
    sweep()
    assert len(list(world.store.list(folder))) > 1
    world.now += 1
    sweep()

    assert [info.key for info in world.store.list(folder)] == [f"{folder}batch.json"]
    assert list(world.runs.batches.marks()) == []
    assert len(world.lines(world.get(batch).output_file_id)) == 3


def test_what_a_function_wrote_after_a_deletion_is_cleared(world, sweep):
    batch = begin(world, "cancelling")
    world.prepare(batch)
    world.batches.delete(OWNER, batch.id)
    world.store.put(f"batches/{OWNER}/{batch.id}/input/1/000001-1.jsonl", b"a late prompt")
    sweep()

    assert [key for key in world.store.objects if batch.id in key] == []


def test_one_batch_in_the_way_does_not_keep_the_others(world, sweep, report, monkeypatch):
    batches = [begin(world, "in_progress") for _ in range(3)]
    world.now += DAY

    def stop(name):
        if name == batches[1].id:
            raise SchedulerError("no", reason="throttled")

    monkeypatch.setattr(world.executions, "stop", stop)
    with pytest.raises(SweepError, match=f"1 batches could not be swept, such as {batches[1].id}"):
        sweep()

    assert [world.get(batch).status for batch in batches] == ["expired", "in_progress", "expired"]
    assert [failed for failed, _ in report.failures] == [batches[1].id]


def test_a_state_that_cannot_be_read_is_reported_and_passed_over(world, sweep, report):
    broken, batch = begin(world, "in_progress"), begin(world, "in_progress")
    world.store.put(f"batches/{OWNER}/{broken.id}/batch.json", b"{")
    world.now += DAY
    sweep()

    assert report.unreadable == [broken.id]
    assert world.get(batch).status == "expired"
