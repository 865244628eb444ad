"""Scheduled actions: at, rate and cron expressions, and the times at which they fire."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]

Next = Callable[[float], float | None]

_EXPRESSION = re.compile(r"(?P<kind>at|rate|cron)\((?P<fields>.+)\)")
_RATE = re.compile(r"(?P<value>[1-9]\d*) (?P<unit>minute|hour|day)s?")
_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_ALLOWED = "must be at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(six fields)"


@dataclass(frozen=True, kw_only=True)
class ScheduledAction:
    """A change of a target's limits at a time.

    https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html

    Attributes:
        name: unique among the actions of a target.
        schedule: at(...), rate(...) or cron(...), in AWS's six-field dialect.
        timezone: IANA name for at and cron expressions.
        min_capacity: new minimum; None leaves it.
        max_capacity: new maximum; None leaves it.
        start: epoch seconds from which it fires, then too; None is from its creation.
        end: epoch seconds after which it no longer fires; None is never.
        created: epoch seconds of its creation; a rate without a start counts from here.

    Raises:
        ValueError: the expression, zone or limits cannot be.
    """

    name: str
    schedule: str
    timezone: str = "UTC"
    min_capacity: int | None = None
    max_capacity: int | None = None
    start: float | None = None
    end: float | None = None
    created: float = 0.0
    _next: Next = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.min_capacity is None and self.max_capacity is None:
            raise ValueError(f"scheduled action {self.name}: must set min_capacity or max_capacity")
        since = self.created if self.start is None else self.start
        object.__setattr__(self, "_next", _parse(self.schedule, _zone(self.timezone), since))

    def next_after(self, now: float) -> float | None:
        """Return the action's next time after `now`, in epoch seconds; None when never again."""
        waits = self.start is not None and now < self.start
        at = self.start if waits else self._next(now)
        return None if at is None or (self.end is not None and at > self.end) else at


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"timezone: got {name!r}; must be an IANA name") from error


def _parse(schedule: str, zone: ZoneInfo, start: float) -> Next:
    match = _EXPRESSION.fullmatch(schedule.strip())
    if match is None:
        raise ValueError(f"schedule: got {schedule!r}; {_ALLOWED}")
    try:
        if match["kind"] == "at":
            return _at(match["fields"], zone)
        if match["kind"] == "rate":
            return _rate(match["fields"], start)
        return _cron(match["fields"], zone)
    except ValueError as error:
        raise ValueError(f"schedule: got {schedule!r}; {error}") from error


def _at(text: str, zone: ZoneInfo) -> Next:
    at = datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
    return lambda now: at if at > now else None


def _rate(text: str, start: float) -> Next:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError("rate must be a positive number of minutes, hours or days")
    period = int(match["value"]) * _UNIT_SECONDS[match["unit"]]
    return lambda now: start + (now - start) // period * period + period


def _cron(text: str, zone: ZoneInfo) -> Next:
    """Follow AWS's dialect on the zone's wall clock, which the library takes for UTC."""
    expression = AwsCroniter(" ".join(text.split()))

    def following(now: float) -> float | None:
        wall = datetime.fromtimestamp(now, zone).replace(tzinfo=UTC)
        while True:
            wall = expression.get_next(wall)[0]
            if wall is None:
                return None
            at = wall.replace(tzinfo=zone).timestamp()
            # An hour that the clock repeats in autumn must not fire a second time.
            if at > now:
                return float(at)

    return following
