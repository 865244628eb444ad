"""The bill of a stage."""

from __future__ import annotations

import pytest

from planner.billing.load import MONTH, Traffic
from planner.billing.stage_bill import alarms, instance_types, sentence, stage_bills
from planner.errors import PlanError
from planner.prices.price_list import Price
from stacks.config import load_stage
from stacks.config.serving.realtime import ShadowConfig
from tests.support.project import PROJECT

PROD = load_stage("prod", PROJECT)


def test_prod_costs_what_two_instances_cost_to_the_cent() -> None:
    idle = stage_bills(PROD)[0]
    realtime = next(line for line in idle.lines if line.name.startswith("real-time"))
    assert round(realtime.usd * MONTH, 2) == 3803.88  # 2 x 730 h x 2.6054


def test_the_front_door_is_on_the_bill_of_expected_load() -> None:
    idle, expected, _ = stage_bills(PROD, Traffic(requests_per_hour=1000))
    # 730,000 requests x (0.3 s + 300 / 30 s) x 0.5 GB x 0.0000133334 + what is beside it.
    assert round(expected.usd(MONTH) - idle.usd(MONTH), 2) == 58.2


def test_the_worked_example_of_the_docs_is_the_bill_to_the_cent() -> None:
    text = (PROJECT / "docs" / "front-door.md").read_text(encoding="utf-8")
    rows = [row.strip("| ").split(" | ") for row in text.splitlines() if row.startswith("| ")]
    told = {row[0].strip("* "): row[-1].strip("* ") for row in rows}
    bill = stage_bills(PROD, Traffic(background_per_hour=100, lines_per_hour=1000))[1]
    for line in bill.lines:
        assert told[line.name] == f"{line.times(MONTH).usd:,.2f}", line.name
    assert told["total"] == f"{bill.usd(MONTH):,.2f}"


def test_a_price_asked_of_aws_takes_the_catalogues_place() -> None:
    live = {name: Price(usd=1.0, source="asked") for name in instance_types(PROD)}
    assert stage_bills(PROD, live=live)[0].lines[0].usd == 2.0


def test_another_region_has_asked_prices_beside_those_of_services_here() -> None:
    elsewhere = PROD.model_copy(
        update={"project": PROD.project.model_copy(update={"region": "eu-west-1"})}
    )
    live = {name: Price(usd=1.0, source="asked") for name in instance_types(PROD)}
    assert stage_bills(elsewhere, live=live)[1].lines[-1].price.source.startswith("CloudWatch")
    with pytest.raises(PlanError, match="region: got 'eu-west-1'"):
        stage_bills(elsewhere)


def test_the_sentence_of_a_synth_is_one_line() -> None:
    told = sentence(PROD)
    assert told.startswith("cost: 5.21 USD an hour at rest (3,804 a month)")
    assert "\n" not in told


def test_the_sentence_has_the_price_of_a_shadow() -> None:
    assert "shadows" not in sentence(PROD)
    shadowed = {"shadow": ShadowConfig(instance_count=2)}
    realtime = PROD.endpoint.model_copy(update=shadowed)
    told = sentence(PROD.model_copy(update={"realtime": realtime}))
    assert "at most 36.48 an hour (5.21 of it while a version shadows);" in told


def test_alarms_are_counted_by_what_the_stage_has() -> None:
    assert alarms(PROD) == 7


def test_an_endpoint_alone_has_no_door_to_pay():
    alone = PROD.model_copy(update={"api": None, "asynchronous": None, "batch": None})

    for bill in stage_bills(alone):
        assert {line.unit for line in bill.lines} == {"instance-hours", "alarm-months"}


def test_a_snapshot_is_paid_for_whether_anybody_asks_or_not() -> None:
    tiny = load_stage("tiny", PROJECT)
    assert tiny.monolith is not None
    snapped = tiny.model_copy(
        update={"monolith": tiny.monolith.model_copy(update={"snapstart": True})}
    )
    idle, kept = stage_bills(tiny)[0], stage_bills(snapped)[0]
    # 10 GB x 730 h x 3,600 s x 0.0000015046.
    assert round(kept.usd(MONTH) - idle.usd(MONTH), 2) == 39.54
