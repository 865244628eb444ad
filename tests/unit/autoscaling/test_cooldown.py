"""Cooldowns, against AWS's own example."""

from __future__ import annotations

import pytest

from autoscaling.cooldown import Change, allowed


@pytest.mark.parametrize(
    ("capacity", "wanted", "last", "result"),
    [
        (7, 10, Change(2, 300, 0), 8),  # +3 during the cooldown of a +2 adds 1: AWS's example
        (7, 9, Change(2, 300, 0), 7),  # no larger scale-out
        (7, 9, Change(2, 50, 0), 9),  # cooldown over
        (7, 5, Change(2, 300, 0), 5),  # a scale-out does not hold back a scale-in
        (7, 5, Change(-1, 300, 0), 7),  # scale-in blocked
        (7, 9, Change(-1, 300, 0), 9),  # scale-out at once
        (7, 5, Change(-1, 300, None), 7),  # not fulfilled: the cooldown has not begun
        (7, 9, None, 9),
    ],
)
def test_cooldowns_are_asymmetric(
    capacity: int, wanted: int, last: Change | None, result: int
) -> None:
    assert allowed(capacity, wanted, last, now=100) == result
