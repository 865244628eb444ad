"""The wake of a cold endpoint: what all functions share of it, and the rules of it.

One item holds it. Each change of it is one conditional write; docs/decisions/0024 says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

STALE_SECONDS = 900.0
"""A wake that nobody has looked after for so long is over, or forgotten. Whatever failed sooner
belongs to it: target tracking takes 15 minutes of low load to scale in
(docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html),
so that an endpoint that came up unseen cannot be at zero again."""

_LEAST_RETRY_SECONDS = 5
"""What `Retry-After` says of a start that takes longer than the last one."""

_LONGEST_GAP_SECONDS = 60.0
"""A start was seen to end if the endpoint was found cold this shortly before."""

_ECHO_SECONDS = 60.0
"""A failure this shortly after a wake's end is still of it: the next start is not that near."""


@dataclass(frozen=True)
class Wake:
    """An endpoint's wake as it stands in the item. Times are Unix seconds.

    Args:
        started_at: When the wake under way began; names it. None: there is none.
        probed_at: When the endpoint was last asked, or will have been: who asks says so before.
        from_zero: Whether no copy ran when the wake began, so that it is a whole start.
        places: The requests that are held, and until when each one is at most.
        ended_at: When the wake before ended.
        last_start_seconds: How long the last whole start took that was seen from end to end.
    """

    started_at: float | None = None
    probed_at: float = 0.0
    from_zero: bool = False
    places: Mapping[str, float] = field(default_factory=dict)
    ended_at: float | None = None
    last_start_seconds: float | None = None

    def is_running(self, now: float) -> bool:
        """Whether a wake is under way and looked after."""
        return self.started_at is not None and now - self.probed_at < STALE_SECONDS

    def is_the_same_as(self, other: Wake) -> bool:
        """Whether it is one wake, earlier and later."""
        return self.started_at is not None and self.started_at == other.started_at

    def lapsed(self, now: float) -> list[str]:
        """The places of requests that cannot be held any more; their functions were killed."""
        return [place for place, until in self.places.items() if until < now]

    def retry_after(self, now: float, expected_seconds: float) -> int | None:
        """In how many seconds the start will be over; None if nothing is known of when it began.

        Args:
            now: Unix seconds.
            expected_seconds: How long a start takes, until one was measured.
        """
        if self.started_at is None or not self.from_zero:
            return None
        expected = self.last_start_seconds or expected_seconds
        return max(_LEAST_RETRY_SECONDS, ceil(self.started_at + expected - now))

    def start_seconds(self, up_at: float) -> float | None:
        """How long the start took; None if it was not seen from its beginning to its end.

        Args:
            up_at: When the endpoint was asked that answered, in Unix seconds.
        """
        if self.started_at is None or not self.from_zero:
            return None
        is_echo = self.ended_at is not None and self.started_at - self.ended_at < _ECHO_SECONDS
        was_seen = up_at - self.probed_at <= _LONGEST_GAP_SECONDS
        return round(up_at - self.started_at, 3) if was_seen and not is_echo else None


@dataclass(frozen=True)
class Change:
    """What came of a change.

    Args:
        was_made: Whether its condition held.
        wake: What holds afterwards, made or not.
    """

    was_made: bool
    wake: Wake


class WakeTable(Protocol):
    """The item. Every method blocks, and raises a StorageError when the table cannot be used."""

    def read(self) -> Wake:
        """The wake as it is."""

    def begin(self, now: float, *, from_zero: bool) -> Change:
        """Begin a wake, unless one is running."""

    def take(self, wake: Wake, place: str, until: float, most: int) -> Change:
        """Take a place in a wake, if fewer than `most` are taken."""

    def take_over(self, wake: Wake, lapsed: str, place: str, until: float) -> Change:
        """Take a lapsed place in a wake, if nobody else did."""

    def give_back(self, place: str) -> None:
        """Give a place back, if it is still taken."""

    def claim_probe(self, wake: Wake, now: float) -> Change:
        """Take the turn to probe, unless somebody did since `wake` was read."""

    def end(self, wake: Wake, now: float, start_seconds: float | None) -> Change:
        """End a wake, if it is the one running, and all its places with it."""
