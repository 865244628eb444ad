"""The wake of a cold endpoint: the state that all functions share, and the rules of its changes.

One item holds the state. Each change is one conditional write; docs/decisions/0024 says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

STALE_SECONDS = 900.0
"""Time without a probe after which a wake is over, or forgotten. Whatever failed sooner belongs to
the same wake: target tracking takes 15 minutes of low load to scale in
(docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html),
so that an endpoint that came up unseen cannot be at zero again."""

_LEAST_RETRY_SECONDS = 5
"""Least value of `Retry-After`, for a start that takes longer than the last one."""

_LONGEST_GAP_SECONDS = 60.0
"""Longest time since the last probe for which the end of a start counts as seen."""

_ECHO_SECONDS = 60.0
"""Time after a wake's end for which a failure belongs to it: no new start is that near."""


@dataclass(frozen=True)
class Wake:
    """An endpoint's wake as the item holds it. Times are Unix seconds.

    Attributes:
        started_at: The beginning of the wake under way, which names it; None without a wake.
        probed_at: The time of the last probe, noted before the endpoint is called.
        from_zero: True if no copy ran when the wake began, so that it is a whole start.
        places: The places of held requests, each with the end of its hold.
        ended_at: The end of the wake before.
        last_start_seconds: Length of the last whole start that was seen from end to end.
    """

    started_at: float | None = None
    probed_at: float = 0.0
    from_zero: bool = False
    places: Mapping[str, float] = field(default_factory=dict)
    ended_at: float | None = None
    last_start_seconds: float | None = None

    def is_running(self, now: float) -> bool:
        """Return True if a wake is under way and still probed."""
        return self.started_at is not None and now - self.probed_at < STALE_SECONDS

    def is_the_same_as(self, other: Wake) -> bool:
        """Return True if both are states of the same wake."""
        return self.started_at is not None and self.started_at == other.started_at

    def lapsed(self, now: float) -> list[str]:
        """Return the places whose hold has passed: the functions of these requests were killed."""
        return [place for place, until in self.places.items() if until < now]

    def retry_after(self, now: float, expected_seconds: float) -> int | None:
        """Return the seconds that are left of the start; None if its beginning is not known.

        Args:
            now: Unix seconds.
            expected_seconds: Expected length of a start, until one was measured.
        """
        if self.started_at is None or not self.from_zero:
            return None
        expected = self.last_start_seconds or expected_seconds
        return max(_LEAST_RETRY_SECONDS, ceil(self.started_at + expected - now))

    def start_seconds(self, up_at: float) -> float | None:
        """Return the length of the start; None unless both the beginning and the end were seen.

        Args:
            up_at: The time of the probe that was answered, in Unix seconds.
        """
        if self.started_at is None or not self.from_zero:
            return None
        is_echo = self.ended_at is not None and self.started_at - self.ended_at < _ECHO_SECONDS
        was_seen = up_at - self.probed_at <= _LONGEST_GAP_SECONDS
        return round(up_at - self.started_at, 3) if was_seen and not is_echo else None


@dataclass(frozen=True)
class Change:
    """The result of a conditional change.

    Attributes:
        was_made: True if the condition held.
        wake: The state afterwards, changed or not.
    """

    was_made: bool
    wake: Wake


class WakeTable(Protocol):
    """The item of one endpoint. Methods block, and raise a StorageError if the table fails."""

    def read(self) -> Wake:
        """Return the present state."""

    def begin(self, now: float, *, from_zero: bool) -> Change:
        """Begin a wake, unless one is running."""

    def take(self, wake: Wake, place: str, until: float, most: int) -> Change:
        """Take a place in a wake, if fewer than `most` are taken."""

    def take_over(self, wake: Wake, lapsed: str, place: str, until: float) -> Change:
        """Take a lapsed place in a wake, if nobody else did."""

    def give_back(self, place: str) -> None:
        """Give a place back, if still taken."""

    def claim_probe(self, wake: Wake, now: float) -> Change:
        """Claim the next probe, unless somebody did since `wake` was read."""

    def end(self, wake: Wake, now: float, start_seconds: float | None) -> Change:
        """End a wake and all of its places, if that wake is still under way."""
