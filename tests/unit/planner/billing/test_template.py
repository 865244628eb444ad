"""Costs of templates, compared."""

from __future__ import annotations

from typing import Any

import pytest

from planner.billing.template import Standing, difference, standing


def template(instance: str, low: int | None, high: int, **variant: Any) -> dict[str, Any]:
    config = {"ProductionVariants": [{"InstanceType": instance, **variant}]}
    resources: dict[str, Any] = {
        "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": config}
    }
    if low is not None:
        resources["Target"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {"MinCapacity": low, "MaxCapacity": high},
        }
    return {"Resources": resources}


def test_scaling_says_how_many_instances_stand() -> None:
    found = standing([template("ml.g5.2xlarge", 1, 4), template("ml.g5.xlarge", 0, 2)])
    assert found.least == pytest.approx(1.515)
    assert found.most == pytest.approx(4 * 1.515 + 2 * 1.408)


def test_a_fixed_count_stands_as_it_is() -> None:
    fixed = template("ml.g5.2xlarge", None, 0, InitialInstanceCount=3)
    assert standing([fixed]) == Standing(3 * 1.515, 3 * 1.515)


def test_a_shadow_stands_at_most() -> None:
    shadowed = template("ml.g5.2xlarge", 1, 1)
    shadows = [{"InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 2}]
    config = shadowed["Resources"]["Config"]["Properties"]
    config["ShadowProductionVariants"] = {"Fn::If": ["Shadowed", shadows, {"Ref": "NoValue"}]}
    assert standing([shadowed]) == Standing(1.515, pytest.approx(1.515 + 2 * 1.408))


def test_a_change_is_told_by_the_month() -> None:
    before, after = Standing(1.515, 3.03), Standing(3.03, 6.06)
    assert difference(before, after) == (
        "cost: +1,106 USD a month at rest (1,106 to 2,212), +2,212 at most (2,212 to 4,424)"
    )


def test_an_empty_template_costs_nothing() -> None:
    assert standing([{}, {"Resources": {}}]) == Standing()
