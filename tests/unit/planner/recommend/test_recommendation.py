"""The recommendation as a whole."""

from __future__ import annotations

import pytest

from planner.recommend.decide import recommend
from tests.support.needs import scenario


def test_it_has_a_title_and_a_price_with_the_front_door() -> None:
    found = recommend(scenario(1))
    assert found.title == ("real-time, microservices, 1 x ml.g5.2xlarge, bf16: 338 USD a month")
    assert found.usd == pytest.approx(found.best.usd + found.topology.door_usd)
    assert found.prices == "us-east-1, on demand, 2026-09"
