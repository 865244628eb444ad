"""Leases in memory, with the conditions of the table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock

from lambda_api.quotas.leases import Lease, Leases, Limits


@dataclass
class MemoryLeaseTable:
    holders: dict[str, Leases] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def take(self, holder: str, name: str, lease: Lease, limits: Limits) -> Leases | None:
        with self.lock:
            old = self.holders.get(holder, Leases())
            if name in old.held:
                return None
            size = old.size + lease.size
            if len(old.held) >= limits.leases or (limits.size is not None and size > limits.size):
                return old
            self.holders[holder] = replace(old, held={**old.held, name: lease}, size=size)
            return None

    def give_back(self, holder: str, name: str) -> None:
        with self.lock:
            old = self.holders.get(holder, Leases())
            if name in old.held:
                held = {other: lease for other, lease in old.held.items() if other != name}
                size = old.size - old.held[name].size
                self.holders[holder] = replace(old, held=held, size=size)

    def claim_sweep(self, holder: str, swept_at: int, now: int) -> bool:
        with self.lock:
            old = self.holders.get(holder)
            if old is None or old.swept_at != swept_at:
                return False
            self.holders[holder] = replace(old, swept_at=now)
            return True
