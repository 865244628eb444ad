"""Cooldowns: the changes that a fulfilled change still forbids."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """The last change a policy made.

    Attributes:
        added: units added; negative when removed.
        cooldown: seconds it holds back others, from its fulfilment.
        fulfilled_at: time at which the units were in service; None while under way.
    """

    added: int
    cooldown: float
    fulfilled_at: float | None = None

    def cools(self, now: float) -> bool:
        """Return whether the cooldown still runs, or has not begun."""
        return self.fulfilled_at is None or now < self.fulfilled_at + self.cooldown


def allowed(capacity: int, wanted: int, last: Change | None, now: float) -> int:
    """Return the capacity that the cooldown of the last change allows.

    Scaling out cools only against smaller or equal scale-outs: the units it added count as part of
    the next one's, so that +3 during the cooldown of a +2 adds 1. Scaling in holds back scaling in,
    never scaling out, which ends that cooldown.
    https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
    """
    if last is None or not last.cools(now):
        return wanted
    if wanted > capacity and last.added > 0:
        return max(capacity, wanted - last.added)
    if wanted < capacity and last.added < 0:
        return capacity
    return wanted
