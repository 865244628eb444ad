"""Rollouts from their request to their end, in a stage that is all in memory."""

from __future__ import annotations

import json

import pytest

from lambda_api.rollouts.steps import GoldenRule, RestoreFailedError
from tests.support.service.rollout_world import ASYNC, SERVING, World, approval, served

GOLDEN = b'{"messages": [{"role": "user", "content": "?"}], "expect": {"equals": "yes"}}'


@pytest.fixture
def world() -> World:
    return World(statuses=dict.fromkeys(range(1, 5), "Approved")).serving(1)


def serves(world: World, number: int) -> bool:
    value = served(number).value
    return world.value == value and set(world.stacks.values()) == {value}


def test_a_good_version_is_kept_noted_and_told(world: World) -> None:
    world.files[2, "golden.jsonl"] = GOLDEN * 1
    ended = world.run(world.read(approval(2)))
    assert (ended.outcome, serves(world, 2)) == ("Kept", True)
    assert ended.checks is not None
    assert (ended.checks.passed, ended.checks.total) == (1, 1)
    assert world.notes == [(2, "dev = Deployed 1 of 1 held")]
    ((kind, detail),) = world.events
    assert (kind, detail["Stage"]) == ("Model Version Checked", "dev")


def test_a_version_without_checks_is_kept_unchecked(world: World) -> None:
    ended = world.run(world.read(approval(2)))
    assert ended.outcome == "Kept"
    assert ended.checks is not None
    assert ended.checks.total == 0
    assert world.notes == [(2, "dev = Deployed unchecked")]


def test_checks_may_be_required(world: World) -> None:
    world.rule = GoldenRule(is_required=True)
    ended = world.run(world.read(approval(2)))
    assert (ended.outcome, ended.problem) == ("RolledBack", "the version has no golden.jsonl")


def test_a_crashing_version_is_undone_the_parameter_first(world: World) -> None:
    world.broken = {2}
    ended = world.run(world.read(approval(2)))
    assert (ended.outcome, serves(world, 1)) == ("RolledBack", True)
    assert "UPDATE_ROLLBACK_COMPLETE: no health" in ended.problem
    assert world.notes == [(2, "dev = RolledBack")]


def test_an_update_that_sagemaker_undid_silently_is_seen(world: World) -> None:
    world.silent = {2}
    ended = world.run(world.read(approval(2)))
    assert (ended.outcome, ended.problem, serves(world, 1)) == (
        "RolledBack",
        "serves another",
        True,
    )


@pytest.mark.parametrize(("least", "outcome"), [(1.0, "RolledBack"), (0.5, "Kept")])
def test_a_version_that_answers_nonsense_is_undone(
    world: World, least: float, outcome: str
) -> None:
    nonsense = GOLDEN.replace(b"yes", b"no")
    world.files[2, "golden.jsonl"] = GOLDEN + b"\n" + nonsense
    world.rule = GoldenRule(least=least)
    assert world.run(world.read(approval(2))).outcome == outcome


def test_checks_that_take_longer_than_a_step_are_asked_by_several(world: World) -> None:
    world.files[2, "golden.jsonl"] = b"\n".join([GOLDEN] * 5)
    world.rule = GoldenRule(slice_seconds=0)
    rollout = world.read(approval(2))
    looks = 0
    while rollout.next != "ended":
        looks += rollout.next == "check"
        rollout = world.step(rollout)
    assert (rollout.outcome, looks) == ("Kept", 5)
    assert str(rollout.checks) == "5 of 5 held"


@pytest.mark.parametrize(("least", "outcome"), [(1.0, "RolledBack"), (0.2, "Kept")])
def test_what_was_not_asked_in_time_did_not_hold_and_is_counted(
    world: World, least: float, outcome: str
) -> None:
    world.files[2, "golden.jsonl"] = b"\n".join([GOLDEN] * 5)
    world.rule = GoldenRule(least=least, slice_seconds=0, longest_seconds=0)
    ended = world.run(world.read(approval(2)))
    assert ended.outcome == outcome
    told = "1 of 5 golden checks held, 4 were not asked within 0 minutes"
    assert ended.problem == (told if outcome == "RolledBack" else "")


def test_a_file_of_checks_that_cannot_be_read_undoes_the_rollout(world: World) -> None:
    world.files[2, "golden.jsonl"] = b"{"
    assert world.run(world.read(approval(2))).outcome == "RolledBack"


def test_rejecting_the_version_that_serves_brings_back_the_one_before(world: World) -> None:
    world.run(world.read(approval(2)))
    world.statuses[2] = "Rejected"
    ended = world.run(world.read(approval(2, "Rejected")))
    assert (ended.outcome, serves(world, 1)) == ("Kept", True)


def test_a_rollback_skips_versions_that_were_rejected_since(world: World) -> None:
    for number in (2, 3):
        world.run(world.read(approval(number)))
    world.statuses[2] = "Rejected"
    ended = world.run(world.read({"command": "rollback"}))
    assert (ended.outcome, serves(world, 1)) == ("Kept", True)


def test_of_two_approvals_the_later_wins(world: World) -> None:
    earlier = world.step(world.read(approval(2)))
    later = world.read(approval(3))
    assert world.run(earlier).outcome == "Superseded"
    assert (world.run(later).outcome, serves(world, 3)) == ("Kept", True)


def test_a_broken_later_version_brings_back_the_one_that_was_kept(world: World) -> None:
    world.broken = {3}
    earlier = world.step(world.read(approval(2)))
    later = world.read(approval(3))
    world.run(earlier)
    assert (world.run(later).outcome, serves(world, 1)) == ("RolledBack", True)


def test_a_rollout_cut_short_at_any_step_is_finished_by_another_execution() -> None:
    for length in range(1, 7):
        world = World(statuses={1: "Approved", 2: "Approved"}).serving(1)
        rollout = world.read(approval(2))
        for _ in range(length):
            rollout = world.step(rollout)
        if rollout.outcome is not None:
            assert length > 3
            return
        ended = world.run(world.read({"command": "resume"}))
        assert (ended.outcome, serves(world, 2)) == ("Kept", True), length
    raise AssertionError("the rollout never ended")


def test_a_stage_that_stays_busy_is_left_as_it_is(world: World) -> None:
    world.busy = 100_000
    assert world.run(world.read(approval(2))).outcome == "Busy"
    world.busy = 0
    assert serves(world, 1)


def test_what_cannot_be_restored_stops_and_says_both_reasons(world: World) -> None:
    world.silent = {1, 2}
    with pytest.raises(RestoreFailedError, match="serves another; then, restoring"):
        world.run(world.read(approval(2)))
    assert next(world.history.all()).outcome == "RestoreFailed"


def test_a_stage_without_a_version_before_has_nothing_to_restore() -> None:
    world = World(statuses={1: "Approved"}, stacks={SERVING: "", ASYNC: ""}, silent={1})
    with pytest.raises(RestoreFailedError, match="no version before"):
        world.run(world.read(approval(1)))


def test_a_step_that_fails_by_itself_is_undone(world: World) -> None:
    rollout = world.step(world.read(approval(2)))
    cause = json.dumps({"errorMessage": "x" * 1000})
    undone = world.steps.undo(rollout, {"Error": "KeyError", "Cause": cause})
    assert undone.problem.startswith("KeyError")
    assert (world.run(undone).outcome, serves(world, 1)) == ("RolledBack", True)
