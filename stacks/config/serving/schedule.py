"""Schedules: AWS's expressions, time zones, and names of their own."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Protocol, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, StringConstraints

ScheduleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,23}$")]
"""Lower case, digits and dashes, at most 24: part of what AWS calls the schedule."""

_KINDS = {
    "at": ("at(2030-01-31T08:00:00)", re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")),
    # 1 goes with the singular, anything else with the plural.
    "rate": (
        "rate(1 day)",
        re.compile(r"rate\((1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)"),
    ),
    "cron": ("cron(0 3 * * ? *)", re.compile(r"cron\((\S+(?: \S+){5})\)")),
}


def _list_of(value: str, *others: str) -> re.Pattern[str]:
    """Match values, ranges and steps of them, also several; or something that stands alone."""
    part = rf"(?:\*|(?:{value})(?:-(?:{value}))?)(?:/[1-9]\d*)?"
    return re.compile("|".join([rf"{part}(?:,{part})*", *others]), re.IGNORECASE)


_DAY, _WEEKDAY = r"0?[1-9]|[12]\d|3[01]", "[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT"
_MONTH = "0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
# https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
_CRON_FIELDS = (
    ("minutes 0-59", _list_of(r"[0-5]?\d")),
    ("hours 0-23", _list_of(r"[01]?\d|2[0-3]")),
    ("days of the month 1-31, L, 15W or ?", _list_of(_DAY, r"\?", "L", rf"(?:{_DAY})W")),
    ("months 1-12 or JAN-DEC", _list_of(_MONTH)),
    (
        "weekdays 1-7 or SUN-SAT, L, FRIL, FRI#2 or ?",
        _list_of(_WEEKDAY, r"\?", "L", rf"(?:{_WEEKDAY})(?:L|#[1-5])"),
    ),
    ("years 1970-2199", _list_of(r"19[7-9]\d|2[01]\d\d")),
)


def _check_cron(text: str) -> None:
    fields = text.split()
    for field, (allowed, pattern) in zip(fields, _CRON_FIELDS, strict=True):
        if not pattern.fullmatch(field):
            raise ValueError(f"must have {allowed} in place of {field!r}")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError("must have ? as its day of the month or as its weekday, and not as both")


def _check_at(text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must have a date and a time that exist") from None


_CHECKS = {"at": _check_at, "cron": _check_cron}


def _spelled(*kinds: str) -> AfterValidator:
    """Allow expressions of some kinds, with values that can be."""
    examples = [_KINDS[kind][0] for kind in kinds]
    allowed = f"must be spelled like {', '.join(examples[:-1])} or {examples[-1]}"

    def check(expression: str) -> str:
        matches = {kind: _KINDS[kind][1].fullmatch(expression) for kind in kinds}
        found = next(((kind, match[1]) for kind, match in matches.items() if match), None)
        if found is None:
            raise ValueError(allowed)
        kind, text = found
        if kind in _CHECKS:
            _CHECKS[kind](text)
        return expression

    return AfterValidator(check)


RecurringExpression = Annotated[str, _spelled("rate", "cron")]
"""A schedule expression of EventBridge Scheduler that recurs:
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"""

Expression = Annotated[str, _spelled("at", "rate", "cron")]
"""A schedule expression of Application Auto Scaling."""


def _is_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be a name of the IANA time zone database, like Europe/Berlin")
    return name


TimeZone = Annotated[str, AfterValidator(_is_zone)]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Schedule = TypeVar("_Schedule", bound=_Named)


def _have_own_names(schedules: list[_Schedule]) -> list[_Schedule]:
    names = [schedule.name for schedule in schedules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"must have a name each, and {', '.join(twice)} is there twice")
    return schedules


OwnNames = AfterValidator(_have_own_names)
"""Allows a list of schedules only if no two have the same name."""
