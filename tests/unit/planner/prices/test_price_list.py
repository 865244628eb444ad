"""The price list: complete, with a source for each row, and consistent with EC2."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.prices.price_list import (
    Price,
    find_instance_price,
    instance_price,
    instances,
    price_source,
    service_price,
)
from stacks.engines.offers import load_offers

UNPRICED = {f"ml.g7.{size}" for size in ("2xlarge", "4xlarge", "8xlarge")} | {
    f"ml.g7.{size}" for size in ("12xlarge", "24xlarge", "48xlarge")
}
UNPRICED |= {"ml.p6-b300.48xlarge"}
_CPU = 1.20
_RATIOS = {"xlarge": 1.40, "p": 1.15}


def ratio(instance: str) -> float:
    _, family, size = instance.split(".")
    if family.startswith("p"):
        return _RATIOS["p"]
    if not family.startswith("g"):
        return _CPU
    return _RATIOS.get(size, 1.25)


def test_every_type_that_config_accepts_has_a_price_but_those_whose_price_was_not_found() -> None:
    assert {*load_offers().endpoint} - {*instances()} == UNPRICED


@pytest.mark.parametrize("instance", instances())
def test_prices_keep_the_ratio_to_ec2(instance: str) -> None:
    price = instance_price(instance)
    assert price.source
    if price.ec2 is not None:
        assert price.usd / price.ec2 == pytest.approx(ratio(instance), rel=0.005, abs=0.01)


def test_a_derived_price_says_so() -> None:
    assert instance_price("ml.p5en.48xlarge").derived
    assert not instance_price("ml.g6e.xlarge").derived
    assert instance_price("ml.g6e.xlarge").usd == 2.6054


def test_what_has_no_price_is_named() -> None:
    assert find_instance_price("ml.g7.2xlarge") is None
    with pytest.raises(PlanError, match=r"got 'ml\.g7\.2xlarge', which has no price in us-east-1"):
        instance_price("ml.g7.2xlarge")
    with pytest.raises(PlanError, match="region: got 'eu-west-1', which has no prices here"):
        instance_price("ml.g5.2xlarge", "eu-west-1")


def test_a_service_has_a_price_of_a_unit() -> None:
    found = service_price("lambda_gb_second")
    assert isinstance(found, Price)
    assert found.usd == 0.0000133334


def test_prices_have_a_region_and_a_date() -> None:
    assert price_source() == "us-east-1, on demand, 2026-09"
