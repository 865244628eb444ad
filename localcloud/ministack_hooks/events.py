"""EventBridge: events of our services' own on the default bus, and rules at a rate by the clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ministack.services import eventbridge

from localcloud.clock import Clock
from localcloud.ministack_hooks.patching import wrap
from localcloud.ministack_hooks.services import request_scope

LONGEST_TICK_SECONDS = 10.0
"""ministack's own pause between two looks at the rules."""


def put_event(
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str],
    *,
    account: str,
    region: str,
    times: int = 1,
) -> None:
    """Put an event of AWS's own, such as `aws.sagemaker`, on the account's default bus.

    Args:
        source: such as `aws.sagemaker`.
        detail_type: of the event.
        detail: of the event.
        resources: ARNs.
        account: whose bus.
        region: of the bus.
        times: how often the targets get the event, under one id: delivery is at least once.
    """
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": list(resources),
    }
    with request_scope(account, region):
        # What the event starts may put events of its own behind it.
        place = len(eventbridge._events_log_list())
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
        for _ in range(times - 1):
            eventbridge._dispatch_event(eventbridge._events_log_list()[place])


def run_rates_by(clock: Clock) -> None:
    """Have `rate(1 minute)` take a minute by the clock: what it starts may feed a scaling policy.

    `cron(...)` and `at(...)` name times of day and stay with them.
    """
    wrap(eventbridge, "_parse_rate_seconds", partial(_seconds, clock))
    tick = min(LONGEST_TICK_SECONDS, clock.real_seconds(1))
    eventbridge._SCHEDULER_TICK_INTERVAL = max(tick, 0.05)


def _seconds(
    clock: Clock, original: Callable[[str], float | None], expression: str
) -> float | None:
    seconds = original(expression)
    return None if seconds is None else clock.real_seconds(seconds)
