"""A scalable target's limits."""

from __future__ import annotations

import pytest

from autoscaling.target import ScalableTarget, Suspended

TARGET = ScalableTarget(min_capacity=2, max_capacity=5, suspended=Suspended(scale_in=True))


@pytest.mark.parametrize(("capacity", "within"), [(0, 2), (2, 2), (4, 4), (5, 5), (9, 5)])
def test_a_capacity_is_brought_within_the_limits(capacity: int, within: int) -> None:
    assert TARGET.clamp(capacity) == within


@pytest.mark.parametrize(
    ("least", "most", "limits"),
    [
        (3, None, (3, 5)),
        (7, None, (7, 7)),
        (None, 4, (2, 4)),
        (None, 1, (1, 1)),
        (0, 9, (0, 9)),
        (None, None, (2, 5)),
    ],
)
def test_a_lone_limit_takes_the_other_along(
    least: int | None, most: int | None, limits: tuple[int, int]
) -> None:
    moved = TARGET.with_limits(least, most)
    assert (moved.min_capacity, moved.max_capacity) == limits
    assert moved.suspended == TARGET.suspended


@pytest.mark.parametrize(
    ("least", "most", "message"),
    [
        (3, 2, "max_capacity: got 2; must be at least 3"),
        (-1, 2, "min_capacity: got -1; must be at least 0"),
    ],
)
def test_impossible_limits_are_refused(least: int, most: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScalableTarget(min_capacity=least, max_capacity=most)
