"""Leases in DynamoDB: one item for each holder.

A lease is a list of three numbers (since, until, size) below its name in the map `leases`. An item
may have 400 KB: some 6,000 leases with the names that ids have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.aws.dynamodb import storage_failure, table_client
from lambda_api.quotas.leases import Lease, Leases, Limits

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        UniversalAttributeValueTypeDef,
        UpdateItemInputTypeDef,
    )

_KEPT_SECONDS = 10 * 366 * 86_400
"""Time without a new lease after which an item goes: no lease is longer, as config keeps nothing
for more than ten years."""

_SIZE = 2
"""The place of the size in a lease."""


class DynamoLeaseTable:
    """The leases of all holders, in a table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

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
            now={"N": str(now)},
            seen={"N": str(swept_at)},
        )
        return refused is None

    def _begin(self, holder: str) -> None:
        """Write the item that a first lease needs, unless another one is as early."""
        self._update(
            holder,
            "SET leases = :none, held_bytes = :zero, swept_at = :zero",
            "attribute_not_exists(leases)",
            none={"M": {}},
            zero={"N": "0"},
        )

    def _take(
        self, holder: str, name: str, lease: Lease, limits: Limits
    ) -> Mapping[str, AttributeValueTypeDef] | None:
        condition = "size(leases) < :most AND attribute_not_exists(leases.#name)"
        values: dict[str, UniversalAttributeValueTypeDef] = {}
        if limits.size is not None:
            condition += " AND held_bytes <= :room"
            values["room"] = {"N": str(limits.size - lease.size)}
        return self._update(
            holder,
            "SET leases.#name = :lease, held_bytes = held_bytes + :size, expires = :expires",
            condition,
            {"#name": name},
            lease={"L": [{"N": str(n)} for n in (lease.since, lease.until, lease.size)]},
            size={"N": str(lease.size)},
            expires={"N": str(lease.since + _KEPT_SECONDS)},
            most={"N": str(limits.leases)},
            **values,
        )

    def _update(
        self,
        holder: str,
        change: str,
        condition: str,
        names: Mapping[str, str] | None = None,
        /,
        **values: UniversalAttributeValueTypeDef,
    ) -> Mapping[str, AttributeValueTypeDef] | None:
        """Change a holder's item; return the item as it is if the condition does not hold."""
        call: UpdateItemInputTypeDef = {
            "TableName": self._table,
            "Key": {"holder": {"S": holder}},
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if names:
            call["ExpressionAttributeNames"] = names
        if values:
            call["ExpressionAttributeValues"] = {f":{name}": v for name, v in values.items()}
        try:
            self._client.update_item(**call)
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            answer: Any = refused.response
            item: Mapping[str, AttributeValueTypeDef] = answer.get("Item", {})
            return item
        except (BotoCoreError, ClientError) as error:
            message = "what you hold cannot be counted, try again shortly"
            raise storage_failure(error, message) from error
        return None


def _leases(item: Mapping[str, AttributeValueTypeDef]) -> Leases:
    held = {
        name: Lease(*(int(number["N"]) for number in lease["L"]))
        for name, lease in item["leases"]["M"].items()
    }
    return Leases(held, int(item["held_bytes"]["N"]), int(item["swept_at"]["N"]))
