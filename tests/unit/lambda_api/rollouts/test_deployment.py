"""The way of a version through the stacks."""

from __future__ import annotations

import pytest

from lambda_api.rollouts.deployment import LONGEST_SECONDS, DeploymentFailedError
from tests.support.service.rollout_world import ASYNC, SERVING, World, approval, served


@pytest.fixture
def world() -> World:
    return World(statuses={1: "Approved", 2: "Approved"}).serving(1)


def test_stacks_are_updated_one_after_the_other(world: World) -> None:
    rollout = world.read(approval(2))
    first = world.steps.deployment.advance(rollout, served(2))
    assert first is not None
    assert (first.updating, world.stacks[ASYNC]) == (SERVING, served(1).value)
    second = world.steps.deployment.advance(first, served(2))
    assert second is not None
    assert (second.updating, second.updated) == (ASYNC, [SERVING])
    assert world.steps.deployment.advance(second, served(2)) is None


def test_nothing_is_put_while_somebody_deploys(world: World) -> None:
    rollout = world.read(approval(2))
    world.busy = 1
    waiting = world.steps.deployment.advance(rollout, served(2))
    assert waiting is not None
    assert (waiting.updating, world.value) == (None, served(1).value)


@pytest.mark.parametrize("begins", ["after a look", "after two"])
def test_a_deployment_that_begins_after_the_look_is_waited_for(world: World, begins: str) -> None:
    rollout = world.read(approval(2))
    world.taken = 2 if begins == "after two" else 1
    for _ in range(world.taken):
        waiting = world.steps.deployment.advance(rollout, served(2))
        assert waiting is not None
        assert (waiting.updating, waiting.updated) == (None, [])
    begun = world.steps.deployment.advance(rollout, served(2))
    assert begun is not None
    assert begun.updating == SERVING


def test_a_deployment_in_between_undoes_no_version(world: World) -> None:
    world.taken = 1
    assert world.run(world.read(approval(2))).outcome == "Kept"


def test_a_stack_that_has_the_version_needs_no_update(world: World) -> None:
    world.stacks[SERVING] = served(2).value
    waiting = world.steps.deployment.advance(world.read(approval(2)), served(2))
    assert waiting is not None
    assert waiting.updating == ASYNC


def test_a_stage_that_is_not_deployed_yet_gets_its_parameter() -> None:
    world = World(statuses={1: "Approved"}, stacks={SERVING: None})
    assert world.steps.deployment.advance(world.read(approval(1)), served(1)) is None
    assert world.value == served(1).value


def test_pauses_grow_and_end_after_two_hours(world: World) -> None:
    rollout = world.read(approval(2))
    pauses = []
    for age in (0, 60, 400):
        world.busy, world.now = 1, rollout.begun_at + age
        waiting = world.steps.deployment.advance(rollout, served(2))
        assert waiting is not None
        pauses.append(waiting.wait_seconds)
    assert pauses == [1, 5, 15]
    world.busy, world.now = 1, rollout.begun_at + LONGEST_SECONDS + 1
    with pytest.raises(DeploymentFailedError, match="busy for 2 hours"):
        world.steps.deployment.advance(rollout, served(2))
