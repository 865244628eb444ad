"""Leases: the things that a caller holds, each until it is given back or lapses.

One item holds the leases of one caller and kind. Each change is one conditional write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Lease:
    """A lease of one thing; never changed, and never another thing's of the same name.

    Attributes:
        since: The time it was taken, in Unix seconds.
        until: The time at which it lapses.
        size: The bytes that the thing takes.
    """

    since: int
    until: int
    size: int = 0


@dataclass(frozen=True)
class Leases:
    """The leases of one holder.

    Attributes:
        held: The leases by the names of their things.
        size: The bytes of all together.
        swept_at: The last time somebody looked for leases that were not given back.
    """

    held: Mapping[str, Lease] = field(default_factory=dict)
    size: int = 0
    swept_at: int = 0

    def lapsed(self, now: float) -> list[str]:
        """Return the names of the leases that have lapsed."""
        return [name for name, lease in self.held.items() if lease.until <= now]

    def oldest(self, most: int, before: float) -> list[str]:
        """Return at most so many names of leases taken before a time, the oldest first."""
        old = [(lease.since, name) for name, lease in self.held.items() if lease.since < before]
        return [name for _, name in sorted(old)[:most]]


@dataclass(frozen=True)
class Limits:
    """The most that one holder may have.

    Attributes:
        leases: Most leases.
        size: Most bytes of all leases together; None for any.
    """

    leases: int
    size: int | None = None


class LeaseTable(Protocol):
    """The leases of all holders. Methods block, and raise a StorageError if the table fails."""

    def take(self, holder: str, name: str, lease: Lease, limits: Limits) -> Leases | None:
        """Take a lease if the limits allow; return the present leases if they do not."""

    def give_back(self, holder: str, name: str) -> None:
        """Give a lease back, if still held."""

    def claim_sweep(self, holder: str, swept_at: int, now: int) -> bool:
        """Return True for one of all who found a sweep due that was last made at `swept_at`."""
