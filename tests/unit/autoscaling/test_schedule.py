"""When scheduled actions fire."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autoscaling.schedule import ScheduledAction


def next_fire(schedule: str, after: str, zone: str = "UTC") -> str | None:
    action = ScheduledAction(name="a", schedule=schedule, timezone=zone, min_capacity=1)
    at = action.next_after(datetime.fromisoformat(after).replace(tzinfo=UTC).timestamp())
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        ("at(2026-11-24T08:00:00)", "2026-11-23", "2026-11-24 08:00"),
        ("at(2026-11-24T08:00:00)", "2026-11-25", None),
        ("rate(30 minutes)", "2026-11-23 00:10", "2026-11-23 00:30"),
        ("rate(1 hour)", "2026-11-23 01:00", "2026-11-23 02:00"),
        ("cron(30 6 ? * MON *)", "2026-11-23 06:30", "2026-11-30 06:30"),  # 23 is a Monday
        ("cron(0 8 ? * 2-6 *)", "2026-11-27 09:00", "2026-11-30 08:00"),  # 1 is Sunday
        ("cron(0/15 9 * * ? *)", "2026-11-23 09:20", "2026-11-23 09:30"),
        ("cron(0 0 L * ? *)", "2026-11-23", "2026-11-30 00:00"),
        ("cron(0 0 15W * ? *)", "2026-11-01", "2026-11-16 00:00"),  # 15 is a Sunday
        ("cron(0 0 ? * 6#3 *)", "2026-11-01", "2026-11-20 00:00"),  # third Friday
        ("cron(0 0 1 1 ? 2027)", "2026-11-01", "2027-01-01 00:00"),
        ("cron(0 0 1 1 ? 2025)", "2026-11-01", None),
    ],
)
def test_expressions_in_awss_dialect(schedule: str, after: str, expected: str | None) -> None:
    assert next_fire(schedule, after) == expected


def test_a_zone_moves_the_wall_clock() -> None:
    assert next_fire("cron(0 8 * * ? *)", "2026-07-01", "Europe/Berlin") == "2026-07-01 06:00"
    assert next_fire("cron(0 8 * * ? *)", "2026-12-01", "Europe/Berlin") == "2026-12-01 07:00"


def test_an_hour_the_clock_repeats_fires_once() -> None:
    first = next_fire("cron(30 2 * * ? *)", "2026-10-25 00:00", "Europe/Berlin")
    assert first == "2026-10-25 00:30"
    assert next_fire("cron(30 2 * * ? *)", first, "Europe/Berlin") == "2026-10-26 01:30"


def test_start_and_end_bound_a_recurring_action() -> None:
    action = ScheduledAction(
        name="a", schedule="rate(1 hour)", min_capacity=1, start=1000, end=5000
    )
    assert [action.next_after(now) for now in (0, 1000, 4600)] == [1000, 4600, None]


def test_a_rate_counts_from_its_creation() -> None:
    action = ScheduledAction(name="a", schedule="rate(1 hour)", min_capacity=1, created=1000)
    assert action.next_after(1000) == 4600


@pytest.mark.parametrize(
    ("schedule", "zone", "message"),
    [
        ("every day", "UTC", "schedule: got 'every day'; must be at"),
        ("cron(0 8 * * *)", "UTC", "6 required, 5 provided"),
        ("cron(0 25 * * ? *)", "UTC", "Invalid hour"),
        ("cron(0 8 * * * *)", "UTC", "question mark"),
        ("rate(0 minutes)", "UTC", "rate must be a positive number"),
        ("at(tomorrow)", "UTC", "schedule: got"),
        ("rate(1 hour)", "Mars/Olympus", "timezone: got 'Mars/Olympus'"),
    ],
)
def test_nonsense_is_named(schedule: str, zone: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScheduledAction(name="a", schedule=schedule, timezone=zone, min_capacity=1)


def test_an_action_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must set min_capacity or max_capacity"):
        ScheduledAction(name="a", schedule="rate(1 hour)")
