"""A result as one document."""

from __future__ import annotations

from planner.report.document import assumptions
from tests.support.planner import CERTAIN


def test_assumptions_are_those_of_scaling_and_of_the_endpoint() -> None:
    found = assumptions(CERTAIN)
    assert (found["publication_delay"], found["start_from_zero_median"]) == (40.0, 462)
    assert (found["cold_start"], found["share_of_prompts_in_the_prefix_cache"]) == ("hold", 0.0)
