"""Functions that EventBridge runs again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_

MINUTE: Final = Duration.minutes(1)
HOUR: Final = Duration.hours(1)
DAY: Final = Duration.days(1)
"""Times between two runs."""

_RULES: Final = {MINUTE: "EachMinute", HOUR: "EachHour", DAY: "EachDay"}


def run_each(
    rate: Duration, function: lambda_.Function, event: Mapping[str, object] | None = None
) -> None:
    """Run a function each minute, hour or day, with an event of its own or EventBridge's."""
    # The next run is the next try.
    function.configure_async_invoke(retry_attempts=0, max_event_age=MINUTE)
    told = events.RuleTargetInput.from_object(dict(event)) if event else None
    events.Rule(
        function,
        _RULES[rate],
        schedule=events.Schedule.rate(rate),
        targets=[targets.LambdaFunction(function, event=told)],
    )
