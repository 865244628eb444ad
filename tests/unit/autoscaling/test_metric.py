"""The periods that CloudWatch has."""

from __future__ import annotations

import pytest

from autoscaling.metric import Metric


@pytest.mark.parametrize("period", [10, 20, 30, 60, 300])
def test_a_period_of_cloudwatch_is_taken(period: int) -> None:
    assert Metric(namespace="n", name="m", period=period).period == period


@pytest.mark.parametrize("period", [0, 1, 45, 90])
def test_any_other_period_is_refused(period: int) -> None:
    with pytest.raises(ValueError, match=f"period: got {period}; must be 10, 20, 30 or a multiple"):
        Metric(namespace="n", name="m", period=period)
