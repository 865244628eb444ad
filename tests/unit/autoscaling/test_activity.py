"""Scaling activities in the words of DescribeScalingActivities."""

from __future__ import annotations

import pytest

from autoscaling.activity import Activity, Noun, alarm_cause, limit_cause, schedule_cause


@pytest.mark.parametrize("noun", ["instance", "copy"])
def test_a_change_is_described_in_the_targets_own_units(noun: Noun) -> None:
    change = Activity(at=0, cause="", before=1, after=3, noun=noun)
    assert change.changes_capacity
    assert change.description == f"Setting desired {noun} count to 3."
    assert change.status_message == (
        f"Successfully set desired {noun} count to 3. Change successfully fulfilled by sagemaker."
    )


def test_new_limits_change_no_capacity() -> None:
    moved = Activity(at=0, cause="", before=2, after=2, limits=(1, 4))
    assert not moved.changes_capacity
    assert moved.description == "Setting min capacity to 1 and max capacity to 4"
    assert moved.status_message == "Successfully set min capacity to 1 and max capacity to 4"


def test_an_attempt_says_so() -> None:
    attempt = Activity(at=0, cause="", before=2, after=2, not_scaled="AlreadyAtMaxCapacity")
    assert attempt.description == "Attempting to scale due to alarm triggered"


def test_causes_are_awss() -> None:
    assert alarm_cause("TargetTracking-track-AlarmHigh", "track") == (
        "monitor alarm TargetTracking-track-AlarmHigh in state ALARM triggered policy track"
    )
    assert schedule_cause("morning") == "scheduled action name morning was triggered"
    assert limit_cause("minimum", 3) == "minimum capacity was set to 3"
