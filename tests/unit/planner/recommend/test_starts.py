"""Times around the work of an instance."""

from __future__ import annotations

from planner.recommend.starts import START_SECONDS


def test_a_start_from_zero_takes_what_was_measured() -> None:
    assert START_SECONDS == 9 * 60 + 24
