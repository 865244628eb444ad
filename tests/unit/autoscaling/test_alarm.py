"""CloudWatch alarms, against the tables of CloudWatch's own documentation."""

from __future__ import annotations

import pytest

from autoscaling.alarm import Alarm, AlarmMonitor, AlarmState, Comparison, MissingData
from autoscaling.metric import Metric

METRIC = Metric(namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum")
STATES = {"K": AlarmState.OK, "A": AlarmState.ALARM, "I": AlarmState.INSUFFICIENT_DATA}


def alarm(n: int = 3, m: int | None = None, missing: MissingData = MissingData.MISSING) -> Alarm:
    return Alarm(
        name="high",
        metric=METRIC,
        comparison=Comparison.GREATER,
        threshold=5,
        evaluation_periods=n,
        datapoints_to_alarm=m,
        missing_data=missing,
    )


def points(text: str) -> list[float | None]:
    return [{"0": 1.0, "X": 9.0, "-": None}[letter] for letter in text]


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html, "How
# alarm state is evaluated when data is missing"; columns: missing, ignore, breaching, notBreaching.
THREE_OF_THREE = {
    "0-X-X": "KKKK",
    "0----": "KKKK",
    "-----": "IRAK",
    "0XX-X": "AAAA",
    "----X": "IRAK",
    "X----": "ARAK",
}
TWO_OF_THREE = {
    "0-X-X": "AAAA",
    "00X0X": "AAAA",
    "0-X--": "KKAK",
    "----0": "KKAK",
    "----X": "IRAK",
}


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize(
    ("needed", "text", "expected"),
    [(3, *row) for row in THREE_OF_THREE.items()] + [(2, *row) for row in TWO_OF_THREE.items()],
)
def test_missing_data_as_cloudwatch_documents_it(
    needed: int, text: str, expected: str, column: int
) -> None:
    before = AlarmState.ALARM
    state = alarm(3, needed, list(MissingData)[column]).evaluate(points(text), before)
    assert state is (before if expected[column] == "R" else STATES[expected[column]])


def test_only_the_newest_datapoints_count() -> None:
    assert alarm().evaluate(points("XXX00"), AlarmState.ALARM) is AlarmState.OK


def monitored(values: dict[int, float], until: float) -> tuple[AlarmMonitor, list[float]]:
    """Feed one value a minute; return the monitor and when it ran its action."""
    monitor, ran = AlarmMonitor(alarm()), []
    for minute, value in values.items():
        monitor.record(60 * minute, value)
    while monitor.due <= until:
        at = monitor.due
        if monitor.advance(at):
            ran.append(at)
    return monitor, ran


def test_a_datapoint_is_seen_only_after_its_publication() -> None:
    _, ran = monitored({1: 9, 2: 9, 3: 9}, until=240)
    assert ran == [3 * 60 + 40]


def test_an_alarm_that_stays_runs_its_action_every_period() -> None:
    _, ran = monitored(dict.fromkeys(range(1, 7), 9.0), until=420)
    assert ran == [220, 280, 340, 400]


def test_a_silent_metric_is_insufficient_data() -> None:
    monitor, ran = monitored({}, until=600)
    assert (monitor.state, ran) == (AlarmState.INSUFFICIENT_DATA, [])


def test_a_late_datapoint_fills_its_gap() -> None:
    monitor, _ = monitored({1: 9, 3: 9}, until=225)
    assert monitor.state is AlarmState.ALARM  # nothing but breaches, the oldest 3 periods old
    monitor.record(120, 1)
    monitor.record(240, 9)
    monitor.advance(280)
    assert monitor.state is AlarmState.OK


def test_more_datapoints_to_alarm_than_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="datapoints_to_alarm: got 4; must be 1 to 3"):
        alarm(3, 4)
