"""Lines of a bill."""

from __future__ import annotations

from planner.billing.line import Line, total
from planner.prices.price_list import Price


def test_a_line_is_a_quantity_times_a_price() -> None:
    line = Line("instances", 2, "instance-hours", Price(usd=2.5, source="a list"))
    assert line.usd == 5
    assert line.times(730).usd == 3650
    assert total([line, line.times(2)]) == 15
