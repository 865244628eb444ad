"""Policies by name."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.policies.presets import preset


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hope", "policy: got 'hope'; must be one of book, aws-sample"),
        ("fixed:many", "policy: got 'fixed:many'; must end in a number"),
        ("fixed:0", "policy fixed:0: got 0 to 0 instances"),
        ("concurrency:-1", "target: got -1.0; must be above 0"),
    ],
)
def test_impossible_policies_are_named(name: str, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        preset(name, 1.3)


def test_the_load_test_rule_is_half_of_what_an_instance_bears() -> None:
    assert preset("load-test", 1.32).target == 40
