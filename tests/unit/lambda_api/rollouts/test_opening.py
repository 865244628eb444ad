"""The first step: a version is read anew, and refusals leave the stage as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.service.rollout_world import World, approval, served


@pytest.fixture
def world() -> World:
    return World(statuses={1: "Approved", 2: "Approved", 3: "Rejected"}).serving(1)


def test_a_rollout_remembers_the_version_before(world: World) -> None:
    begun = world.read(approval(2))
    assert (begun.next, begun.target, begun.previous) == ("deploy", served(2), served(1))
    assert (begun.reason, begun.approved_by) == ("measured", "somebody")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (approval(3), "NotApproved"),
        (approval(9), "NotApproved"),
        (approval(1), "AlreadyServed"),
        (approval(2, "Rejected"), "NotServed"),
        (approval(1, "Rejected"), "NoEarlierVersion"),
        ({"command": "rollback"}, "NoEarlierVersion"),
        ({"command": "rollback", "package": served(3).package}, "NotApproved"),
        ({"command": "resume"}, "NothingToResume"),
    ],
)
def test_a_refusal_changes_nothing_and_is_remembered(
    world: World, given: dict[str, Any], outcome: str
) -> None:
    ended = world.read(given)
    assert (ended.next, ended.outcome, world.value) == ("ended", outcome, served(1).value)
    assert ended.problem
    assert [each.outcome for each in world.history.all()] == [outcome]
    assert world.history.current() is None


def test_weights_that_were_deleted_stop_the_rollout(world: World) -> None:
    world.missing = {2}
    ended = world.read(approval(2))
    assert ended.outcome == "WeightsMissing"
    assert "model.gguf" in ended.problem


def test_stacks_that_do_not_read_the_parameter_are_left_alone(world: World) -> None:
    world.parameters = ("BootstrapVersion",)
    for given in (approval(2), approval(1)):
        ended = world.read(given)
        assert (ended.outcome, world.value) == ("NotFromRegistry", served(1).value)
        assert "registry = true below [model] in config/dev.toml" in ended.problem


def test_a_version_waits_for_a_type_that_is_not_there_yet(world: World) -> None:
    world.variant = "ml-g5-xlarge"
    ended = world.read(approval(2))
    assert (ended.outcome, world.value) == ("TypeChanging", served(1).value)
    assert "asks for variant ml-g6e-xlarge, and ml-g5-xlarge serves" in ended.problem


def test_stacks_that_somebody_deploys_are_looked_at_later(world: World) -> None:
    world.parameters, world.busy = (), 2
    assert world.read(approval(2)).next == "deploy"


def test_an_event_that_comes_twice_begins_one_rollout(world: World) -> None:
    assert world.read(approval(2, event_id="e")).next == "deploy"
    assert world.read(approval(2, event_id="e")).outcome == "Duplicate"
    assert len(list(world.history.all())) == 1


def test_the_step_runs_again_for_the_same_execution(world: World) -> None:
    first = world.read(approval(2, event_id="e"), "one")
    assert world.read(approval(2, event_id="e"), "one") == first


def test_a_command_does_not_begin_what_runs(world: World) -> None:
    world.read(approval(2))
    ended = world.read({"command": "rollout", "package": served(2).package})
    assert ended.outcome == "Duplicate"
    assert "--resume" in ended.problem


def test_a_rollout_that_was_cut_short_is_taken_up_with_what_it_remembered(world: World) -> None:
    cut = world.read(approval(2))
    world.put(served(2).value)
    taken = world.read({"command": "resume"})
    assert (taken.target, taken.previous, taken.next) == (cut.target, served(1), "deploy")


def test_a_later_approval_takes_over_with_the_version_that_was_kept(world: World) -> None:
    world.statuses[4] = "Approved"
    world.read(approval(2))
    world.put(served(2).value)
    assert world.read(approval(4)).previous == served(1)
