"""The quota of a caller: most things of one kind at a time, held as leases."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from time import time
from typing import Protocol

from lambda_api.errors import QuotaError, StorageError
from lambda_api.quotas.leases import Lease, Leases, LeaseTable, Limits

_SWEEP_SECONDS = 10
"""Least time between two sweeps of one caller: a sweep reads storage once a lease."""

_MOST_SWEPT = 100
"""Most leases that a sweep looks at: the oldest, which have ended first."""

_BEGINNING_SECONDS = 60
"""Time in which a thing whose lease was taken may not be there yet."""

_log = logging.getLogger(__name__)


class Quota(Protocol):
    """The quota of each caller."""

    def taken(
        self, owner: str, name: str, until: float, size: int = 0, /
    ) -> AbstractContextManager[None]:
        """Hold a lease of a thing that is made within the context, and given back if that fails.

        Args:
            owner: The caller.
            name: The thing's id, of no other thing ever.
            until: The time by which it has ended, whatever happens, in Unix seconds.
            size: The bytes it takes.

        Raises:
            QuotaError: The caller has as many as are allowed.
            StorageError: The table cannot be used.
        """

    def give_back(self, owner: str, name: str, /) -> None:
        """Give back the lease of a thing that has ended, if held; a failure is logged."""


class Unlimited:
    """The quota where nothing is counted."""

    def taken(
        self, _owner: str, _name: str, _until: float, _size: int = 0, /
    ) -> AbstractContextManager[None]:
        """Return a context that holds nothing."""
        return nullcontext()

    def give_back(self, _owner: str, _name: str, /) -> None:
        """Do nothing."""


UNLIMITED = Unlimited()
"""The quota of a service without a table, as under `make dev`."""


@dataclass(frozen=True)
class LeasedQuota:
    """A quota counted by the leases in a table.

    A caller at its limit has its leases looked at: those that have lapsed are given back when
    nothing is left of their things, and the oldest of the others when theirs have ended.

    Attributes:
        kind: The things, in the plural: `open batches`.
        limits: The most of them for each caller.
        connect: Returns the table; called when needed, so cached.
        advice: The way to get below the limit.
        ended: Returns those of some names whose things have ended; none where nobody can tell.
        clear: Takes away what is left of things whose leases have lapsed; returns those of which
            nothing is.
        retry_after_seconds: Time after which some have probably ended; None if only the caller can
            end them.
        clock: Returns Unix seconds.
    """

    kind: str
    limits: Limits
    connect: Callable[[], LeaseTable]
    advice: str
    ended: Callable[[str, Sequence[str]], Collection[str]] = lambda _owner, _names: ()
    clear: Callable[[str, Sequence[str]], Collection[str]] = lambda _owner, names: names
    retry_after_seconds: int | None = None
    clock: Callable[[], float] = time

    @contextmanager
    def taken(self, owner: str, name: str, until: float, size: int = 0) -> Iterator[None]:
        """Hold a lease of a thing that is made within the context; see `Quota`."""
        self._take(owner, name, Lease(int(self.clock()), int(until), size))
        try:
            yield
        except BaseException:
            self.give_back(owner, name)
            raise

    def give_back(self, owner: str, name: str) -> None:
        """Give back the lease of a thing that has ended, if held; a failure is logged."""
        try:
            self.connect().give_back(self._holder(owner), name)
        except StorageError as error:
            _log.warning("a lease of %s is left to lapse: %s", self.kind, error.reason)

    def _take(self, owner: str, name: str, lease: Lease) -> None:
        take = self.connect().take
        refused = take(self._holder(owner), name, lease, self.limits)
        if refused and self._has_swept(owner, refused, lease.since):
            refused = take(self._holder(owner), name, lease, self.limits)
        if refused:
            raise self._refusal(refused, lease)

    def _has_swept(self, owner: str, leases: Leases, now: int) -> bool:
        """Give back what has ended; return True if there was any."""
        gone = set(self.clear(owner, leases.lapsed(now)[:_MOST_SWEPT]))
        is_due = now - leases.swept_at >= _SWEEP_SECONDS
        if is_due and self.connect().claim_sweep(self._holder(owner), leases.swept_at, now):
            asked = leases.oldest(_MOST_SWEPT, before=now - _BEGINNING_SECONDS)
            gone.update(self.ended(owner, asked))
        for name in gone:
            self.give_back(owner, name)
        return bool(gone)

    def _refusal(self, leases: Leases, lease: Lease) -> QuotaError:
        most, size = self.limits.leases, self.limits.size
        told = f"you have {len(leases.held)} {self.kind}, at most {most} are allowed"
        if len(leases.held) < most:
            told = (
                f"your {self.kind} have {leases.size} bytes, {lease.size} more would exceed the "
                f"{size} that are allowed"
            )
        return QuotaError(f"{told}; {self.advice}", most, self.retry_after_seconds)

    def _holder(self, owner: str) -> str:
        return f"{self.kind.replace(' ', '-')}/{owner}"
