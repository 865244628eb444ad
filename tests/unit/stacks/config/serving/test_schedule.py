"""Schedule expressions are taken as AWS takes them, and as the scaling rules run them."""

from __future__ import annotations

import pytest
from aws_croniter import AwsCroniter
from pydantic import TypeAdapter, ValidationError

from stacks.config.serving.schedule import Expression


def accepted(schedule: str) -> bool:
    try:
        TypeAdapter(Expression).validate_python(schedule)
    except ValidationError:
        return False
    return True


def understood(fields: str) -> bool:
    """Whether the scaling rules of the simulator and the local cloud can run it."""
    try:
        AwsCroniter(fields)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "fields",
    [
        "0 8 ? * MON-FRI *",
        "0/15 6-18,20 1,15 JAN-MAR,DEC ? 2026-2030",
        "*/5 * L * ? *",
        "30 6 15W 2/3 ? *",
        "0 8 ? * FRI#2 *",
        "0 8 ? * 6L *",
        "0 8 ? * mon *",
        "60 8 ? * 1 *",
        "0 24 ? * 1 *",
        "0 8 0 * ? *",
        "0 8 32 * ? *",
        "0 8 LW * ? *",
        "0 8 ? 13 1 *",
        "0 8 ? * 0 *",
        "0 8 ? * 8 *",
        "0 8 ? * FRI#6 *",
        "0 8 1 * ? 1969",
        "0 8 1 * ? 2200",
        "0 8 * * * *",
        "0 8 ? * ? *",
        "*/0 8 ? * 1 *",
        "0 8 ? * *",
        "eight 8 ? * 1 *",
    ],
)
def test_config_takes_the_cron_expressions_that_the_rules_run(fields: str) -> None:
    assert accepted(f"cron({fields})") == understood(fields)


@pytest.mark.parametrize(
    ("schedule", "allowed"),
    [
        ("at(2030-01-31T08:00:00)", True),
        ("at(2030-01-31 08:00)", False),
        ("at(2030-01-31T08:00:00+02:00)", False),
        ("rate(1 hour)", True),
        ("rate(2 days)", True),
        ("rate(10 minutes)", True),
        ("rate(1 hours)", False),
        ("rate(2 hour)", False),
        ("rate(0 hours)", False),
        ("rate(2 weeks)", False),
        (" rate(1 day)", False),
    ],
)
def test_at_and_rate_are_spelled_as_aws_spells_them(schedule: str, allowed: bool) -> None:
    assert accepted(schedule) == allowed
