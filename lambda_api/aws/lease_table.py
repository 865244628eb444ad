"""Leases in DynamoDB: one item for each holder.

A lease is a list of three numbers (since, until, size) below its name in the map `leases`. An item
may have 400 KB: some 6,000 leases with the names that ids have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from lambda_api.aws.dynamodb import Table, Value, table_client
from lambda_api.quotas.leases import Lease, Leases, Limits

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

_KEPT_SECONDS = 10 * 366 * 86_400
"""Time without a new lease after which an item goes: no lease is longer, as config keeps nothing
for more than ten years."""

_SIZE = 2
"""The place of the size in a lease."""


class DynamoLeaseTable:
    """The leases of all holders, in a table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table, "what you hold cannot be counted, try again shortly")

    @classmethod
    def connect(cls, table: str) -> Self:
        """Return the table with a client of its own; no request is sent yet."""
        return cls(table_client(), table)

    def take(self, holder: str, name: str, lease: Lease, limits: Limits) -> Leases | None:
        """Take a lease if the limits allow; return the present leases if they do not."""
        refused = self._take(holder, name, lease, limits)
        if refused is not None and "leases" not in refused:
            self._begin(holder)
            refused = self._take(holder, name, lease, limits)
        if refused is None:
            return None
        leases = _leases(refused)
        # Held already: the answer to a call that boto3 then tried again was lost.
        return None if name in leases.held else leases

    def give_back(self, holder: str, name: str) -> None:
        """Give a lease back, if still held."""
        self._update(
            holder,
            f"SET held_bytes = held_bytes - leases.#name[{_SIZE}] REMOVE leases.#name",
            "attribute_exists(leases.#name)",
            {"#name": name},
        )

    def claim_sweep(self, holder: str, swept_at: int, now: int) -> bool:
        """Return True for one of all who found a sweep due that was last made at `swept_at`."""
        refused = self._update(
            holder,
            "SET swept_at = :now",
            "swept_at = :seen",
            now=now,
            seen=swept_at,
        )
        return refused is None

    def _begin(self, holder: str) -> None:
        """Write the item that a first lease needs, unless another one is as early."""
        self._update(
            holder,
            "SET leases = :none, held_bytes = :zero, swept_at = :zero",
            "attribute_not_exists(leases)",
            none={},
            zero=0,
        )

    def _take(
        self, holder: str, name: str, lease: Lease, limits: Limits
    ) -> Mapping[str, AttributeValueTypeDef] | None:
        condition = "size(leases) < :most AND attribute_not_exists(leases.#name)"
        room = None if limits.size is None else limits.size - lease.size
        if room is not None:
            condition += " AND held_bytes <= :room"
        return self._update(
            holder,
            "SET leases.#name = :lease, held_bytes = held_bytes + :size, expires = :expires",
            condition,
            {"#name": name},
            lease=(lease.since, lease.until, lease.size),
            size=lease.size,
            expires=lease.since + _KEPT_SECONDS,
            most=limits.leases,
            room=room,
        )

    def _update(
        self,
        holder: str,
        change: str,
        condition: str,
        names: Mapping[str, str] | None = None,
        /,
        **values: Value,
    ) -> Mapping[str, AttributeValueTypeDef] | None:
        """Change a holder's item; return the item as it is if the condition does not hold."""
        update = self._table.update({"holder": holder}, change, condition, names, values)
        return None if update.is_made else update.item


def _leases(item: Mapping[str, AttributeValueTypeDef]) -> Leases:
    held = {
        name: Lease(*(int(number["N"]) for number in lease["L"]))
        for name, lease in item["leases"]["M"].items()
    }
    return Leases(held, int(item["held_bytes"]["N"]), int(item["swept_at"]["N"]))
