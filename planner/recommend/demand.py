"""Demand out of needs: requests a second, hours a month, and requests of a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.recommend.starts import OPENS_BEFORE_MINUTES

if TYPE_CHECKING:
    from planner.recommend.needs import Needs

MONTH_HOURS = 730.0
WEEKS = 4.35
"""Weeks of a month."""

_DAYS = {"MON-FRI": 5, "MON-SAT": 6, "MON-SUN": 7}
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Demand:
    """Requests of a deployment.

    Attributes:
        rate: requests per second while it is open.
        hours: of a month in which there are requests.
        requests: of a month.
    """

    rate: float
    hours: float
    requests: float


def demand(needs: Needs) -> Demand:
    """Return the demand that needs describe."""
    hours = open_hours(needs)
    if needs.sessions_per_week is not None and needs.session_minutes is not None:
        hours = needs.sessions_per_week * WEEKS * needs.session_minutes / 60
        return Demand(1 / 60, hours, hours * 60)
    if needs.rows is not None:
        requests = needs.rows * needs.runs_per_month
        return Demand(requests / (MONTH_HOURS * 3600), MONTH_HOURS, requests)
    if needs.people is not None and needs.minutes_between is not None:
        rate = needs.people / (60 * needs.minutes_between)
    elif needs.requests_per_day is not None:
        rate = needs.requests_per_day / (_DAY_SECONDS * day_share(needs))
    else:
        rate = needs.requests_per_second or 0.0
    return Demand(rate, hours, rate * hours * 3600)


def day_share(needs: Needs) -> float:
    """Return the share of a day in which there are requests."""
    if needs.opens is None or needs.closes is None:
        return 1.0
    return (needs.closes - needs.opens) / 24


def always_open(needs: Needs) -> bool:
    """Return whether there are requests at every hour of every day."""
    return day_share(needs) == 1.0 and needs.days == "MON-SUN"


def open_hours(needs: Needs) -> float:
    """Return the hours of a month in which there are requests."""
    if always_open(needs):
        return MONTH_HOURS
    return 24 * day_share(needs) * _DAYS[needs.days] * WEEKS


def open_days(needs: Needs) -> float:
    """Return the days of a month on which there are requests."""
    return open_hours(needs) / (24 * day_share(needs))


def scheduled_hours(needs: Needs) -> float:
    """Return the hours of a month that a schedule keeps an instance for."""
    if always_open(needs):
        return MONTH_HOURS
    return (24 * day_share(needs) + OPENS_BEFORE_MINUTES / 60) * _DAYS[needs.days] * WEEKS
