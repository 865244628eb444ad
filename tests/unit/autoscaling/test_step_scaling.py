"""Step scaling, against AWS's documented examples."""

from __future__ import annotations

import pytest

from autoscaling.alarm import Alarm, Comparison
from autoscaling.metric import Metric
from autoscaling.step_scaling import AdjustmentType, Step, StepScaling

SLOW = Metric(namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum")


# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html
OUT = (Step(lower=0, upper=10, adjustment=0), Step(lower=10, upper=20, adjustment=10))
OUT = (*OUT, Step(lower=20, adjustment=30))
IN = (Step(lower=-10, upper=0, adjustment=0), Step(lower=-20, upper=-10, adjustment=-10))
IN = (*IN, Step(upper=-20, adjustment=-30))


def stepping(
    steps: tuple[Step, ...],
    kind: AdjustmentType = "PercentChangeInCapacity",
    least: int = 0,
) -> StepScaling:
    alarm = Alarm(
        name="fifty",
        metric=SLOW,
        comparison=Comparison.GREATER_OR_EQUAL,
        threshold=50,
        evaluation_periods=1,
    )
    return StepScaling(
        name="step",
        alarm=alarm,
        adjustment_type=kind,
        steps=steps,
        min_adjustment_magnitude=least,
    )


@pytest.mark.parametrize(
    ("steps", "capacity", "value", "desired"),
    [
        (OUT, 10, 59, 10),
        (OUT, 10, 60, 11),
        (OUT, 11, 70, 14),  # 3.3 rounded down to 3
        (IN, 14, 40, 13),  # 1.4 rounded to 1
        (IN, 13, 30, 10),  # 3.9 rounded to 3
        (IN, 10, 41, 10),
    ],
)
def test_the_documented_step_example(
    steps: tuple[Step, ...], capacity: int, value: float, desired: int
) -> None:
    assert stepping(steps).desired(capacity, value) == desired


@pytest.mark.parametrize(
    ("capacity", "percent", "change"), [(10, 127, 12), (10, 7, 1), (10, -6, -1), (10, -67, -6)]
)
def test_percentages_round_toward_zero_but_never_to_nothing(
    capacity: int, percent: int, change: int
) -> None:
    policy = stepping((Step(lower=0, adjustment=percent),))
    assert policy.desired(capacity, 50) == capacity + change


def test_the_minimum_magnitude_raises_a_small_percentage() -> None:
    assert stepping((Step(lower=0, adjustment=25),), least=2).desired(4, 50) == 6


@pytest.mark.parametrize("steps", [(Step(upper=0, adjustment=0),), (Step(adjustment=0),)])
def test_the_threshold_belongs_to_the_values_that_the_alarm_watches_for(
    steps: tuple[Step, ...],
) -> None:
    idle = Alarm(
        name="idle",
        metric=SLOW,
        comparison=Comparison.LESS_OR_EQUAL,
        threshold=0,
        evaluation_periods=1,
    )
    policy = StepScaling(name="go", alarm=idle, adjustment_type="ExactCapacity", steps=steps)
    assert policy.desired(2, 0) == 0


@pytest.mark.parametrize(("kind", "desired"), [("ChangeInCapacity", 8), ("ExactCapacity", 5)])
def test_the_other_adjustment_types(kind: AdjustmentType, desired: int) -> None:
    assert stepping((Step(lower=0, adjustment=5),), kind).desired(3, 50) == desired


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "got none"),
        ((Step(lower=0, upper=5, adjustment=1), Step(lower=6, adjustment=2)), "a gap"),
        (
            (Step(lower=0, upper=5, adjustment=1), Step(lower=4, adjustment=2)),
            "an overlap|a overlap",
        ),
        ((Step(lower=0, upper=5, adjustment=1),), "the highest must have none"),
        ((Step(lower=-5, upper=0, adjustment=-1),), "the lowest must have none"),
        ((Step(lower=5, upper=5, adjustment=1),), "lower must be below upper"),
    ],
)
def test_steps_that_leave_a_value_undecided_are_refused(
    steps: tuple[Step, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        stepping(steps)
