"""A version that shadows the one that serves: begun, ended, undone, and in nobody's way."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.rollouts.deployment import STACK_PARAMETER
from lambda_api.rollouts.schemas import NO_SHADOW
from tests.support.service.rollout_world import World, approval, served

STATUSES = {1: "Approved", 2: "PendingManualApproval", 3: "Rejected", 4: "Approved"}
ENDED = {"command": "shadow"}


def shadow(number: int, share: float = 0.1) -> dict[str, Any]:
    return {"command": "shadow", "package": served(number).package, "share": share}


@pytest.fixture
def world() -> World:
    return World(statuses=STATUSES).serving(1)


def test_a_version_that_nobody_approved_shadows_the_one_that_serves(world: World) -> None:
    ended = world.run(world.read(shadow(2)))
    assert (ended.outcome, ended.target, str(ended.shadow)) == (
        "Kept",
        served(1),
        "version 2 at 10%",
    )
    assert world.shadowed == f"{served(2).value},0.1"
    assert world.value == served(1).value
    assert (world.notes, world.events) == ([], [])  # what serves is as it was


def test_a_shadow_ends_and_its_share_may_change(world: World) -> None:
    world.run(world.read(shadow(2)))
    world.run(world.read(shadow(2, 0.5)))
    assert world.shadowed.endswith(",0.5")
    assert world.run(world.read(ENDED)).outcome == "Kept"
    assert (world.shadow, world.shadowed) == (NO_SHADOW, NO_SHADOW)


def test_a_shadow_that_cannot_start_is_ended_and_does_not_stop_the_next_rollout(
    world: World,
) -> None:
    world.broken = {2}
    assert world.run(world.read(shadow(2))).outcome == "RolledBack"
    assert (world.shadow, world.value) == (NO_SHADOW, served(1).value)
    assert world.run(world.read(approval(4))).outcome == "Kept"


def test_another_version_that_serves_ends_a_shadow(world: World) -> None:
    world.run(world.read(shadow(2)))
    assert world.run(world.read(approval(4))).outcome == "Kept"
    assert (world.value, world.shadowed) == (served(4).value, NO_SHADOW)


def test_a_later_approval_takes_over_from_a_shadow_that_is_starting(world: World) -> None:
    world.broken = {2}
    earlier = world.step(world.read(shadow(2)))
    later = world.read(approval(4))
    assert world.run(earlier).outcome == "Superseded"
    assert world.run(later).outcome == "Kept"
    assert (world.value, world.shadowed) == (served(4).value, NO_SHADOW)


def test_a_shadow_cut_short_is_taken_up_as_a_shadow(world: World) -> None:
    world.step(world.read(shadow(2)))
    ended = world.run(world.read({"command": "resume"}))
    assert (ended.trigger, ended.outcome) == ("shadow", "Kept")
    assert world.shadowed == f"{served(2).value},0.1"


@pytest.mark.parametrize(
    ("given", "outcome"),
    [(shadow(3), "NotApproved"), (shadow(9), "NotApproved"), (ENDED, "AlreadyServed")],
)
def test_what_cannot_shadow_is_refused(world: World, given: dict[str, Any], outcome: str) -> None:
    ended = world.read(given)
    assert (ended.outcome, world.shadow) == (outcome, NO_SHADOW)


def test_a_shadow_needs_instances_weights_and_a_stage_at_rest(world: World) -> None:
    world.missing = {2}
    assert world.read(shadow(2)).outcome == "WeightsMissing"
    world.missing = set()
    world.step(world.read(approval(4)))
    assert world.read(shadow(2)).outcome == "Busy"
    not_configured = World(statuses=STATUSES, shadow=None).serving(1)
    not_deployed = World(statuses=STATUSES, parameters=(STACK_PARAMETER,)).serving(1)
    for bare in (not_configured, not_deployed):
        refused = bare.read(shadow(2))
        assert refused.outcome == "NoInstances"
        assert "write [realtime.shadow] in config/dev.toml, and deploy" in refused.problem


def test_a_share_is_at_most_all_requests(world: World) -> None:
    with pytest.raises(InvalidRequestError, match=r"share: got 1\.5; must be from 0 to 1"):
        world.read(shadow(2, 1.5))
