"""Bills by config and by template: both sides of what a deployment costs agree."""

from __future__ import annotations

import pytest

from planner.billing.load import Traffic
from planner.billing.stage_bill import alarms, stage_bills
from planner.billing.template import standing
from stacks.config import load_stage
from tests.support.project import PROJECT
from tests.support.synthesized import Synthesized

ALARM = "AWS::CloudWatch::Alarm"


def test_prods_templates_cost_what_its_config_says(prod: Synthesized) -> None:
    found = standing([prod.stacks[name].raw for name in ("serving", "async")])
    idle, _, peak = stage_bills(load_stage("prod", PROJECT), Traffic())
    assert found.least == pytest.approx(sum(line.usd for line in idle.lines[:3]))
    assert found.most == pytest.approx(sum(line.usd for line in peak.lines[:2]))


def test_a_component_at_zero_costs_nothing_at_rest(zero: Synthesized) -> None:
    found = standing([zero.serving.raw])
    assert found.least == 0
    assert found.most == pytest.approx(3 * 0.214)


def test_as_many_alarms_are_priced_as_are_made(prod: Synthesized, bounded: Synthesized) -> None:
    made = {
        name: sum(len(template.properties(ALARM)) for template in stage.stacks.values())
        for name, stage in (("prod", prod), ("bounded", bounded))
    }
    config = load_stage("prod", PROJECT)
    assert alarms(config) == made["prod"]
    assert (
        made["bounded"]
        == alarms(config.model_copy(update={"asynchronous": None, "batch": None})) + 1
    )
