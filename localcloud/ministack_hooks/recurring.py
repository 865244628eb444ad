"""EventBridge: what recurs at a rate, by a clock that may be faster."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ministack.services import eventbridge

from localcloud.clock import Clock
from localcloud.ministack_hooks.patching import wrap

LONGEST_TICK_SECONDS = 10.0
"""ministack's own pause between two looks at the rules."""


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
