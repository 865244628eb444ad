"""An endpoint's wake in DynamoDB, and the client that all tables share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.cold_start.wake import STALE_SECONDS, Change, Wake
from lambda_api.errors import StorageError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        UniversalAttributeValueTypeDef,
        UpdateItemInputTypeDef,
    )

_CONNECT_TIMEOUT_SECONDS = 1
_READ_TIMEOUT_SECONDS = 2
_ATTEMPTS = 3
_MAX_CONNECTIONS = 40
"""One connection for each thread that uvicorn runs plain routes in."""

_KEPT_SECONDS = 90 * 86_400
"""Time for which the last start's length is of use."""


def table_client() -> DynamoDBClient:
    """Return a client with limits that fit a caller who waits; no request is sent yet."""
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=_MAX_CONNECTIONS,
    )
    return boto3.client("dynamodb", config=config)


def storage_failure(error: Exception, message: str) -> StorageError:
    """Return the error for a call that failed; the message is the caller's, the code the log's."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return StorageError(message, reason=f"DynamoDB {code or type(error).__name__}")


class DynamoWakeTable:
    """The wake of one endpoint, in an item of a table."""

    def __init__(self, client: DynamoDBClient, table: str, endpoint_name: str) -> None:
        self._client = client
        self._table = table
        self._key: dict[str, UniversalAttributeValueTypeDef] = {"endpoint": {"S": endpoint_name}}

    @classmethod
    def connect(cls, table: str, endpoint_name: str) -> Self:
        """Return the table with a client of its own; no request is sent yet."""
        return cls(table_client(), table, endpoint_name)

    def read(self) -> Wake:
        """Return the present state."""
        try:
            # Consistent: an older state may look like a wake that is over.
            found = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error
        return _wake(found.get("Item", {}))

    def begin(self, now: float, *, from_zero: bool) -> Change:
        """Begin a wake, unless one is running."""
        return self._update(
            "SET started_at = :now, probed_at = :now, from_zero = :from_zero, places = :none, "
            "expires = :expires",
            "attribute_not_exists(started_at) OR probed_at <= :stale",
            now=now,
            from_zero=from_zero,
            none={},
            expires=int(now) + _KEPT_SECONDS,
            stale=now - STALE_SECONDS,
        )

    def take(self, wake: Wake, place: str, until: float, most: int) -> Change:
        """Take a place in a wake, if fewer than `most` are taken."""
        return self._update(
            "SET places.#place = :until",
            "started_at = :wake AND size(places) < :most",
            {"#place": place},
            until=until,
            wake=wake.started_at,
            most=most,
        )

    def take_over(self, wake: Wake, lapsed: str, place: str, until: float) -> Change:
        """Take a lapsed place in a wake, if nobody else did."""
        return self._update(
            "SET places.#place = :until REMOVE places.#lapsed",
            "started_at = :wake AND places.#lapsed = :lapsed",
            {"#place": place, "#lapsed": lapsed},
            until=until,
            wake=wake.started_at,
            lapsed=wake.places[lapsed],
        )

    def give_back(self, place: str) -> None:
        """Give a place back, if still taken."""
        self._update("REMOVE places.#place", "attribute_exists(places.#place)", {"#place": place})

    def claim_probe(self, wake: Wake, now: float) -> Change:
        """Claim the next probe, unless somebody did since `wake` was read."""
        return self._update(
            "SET probed_at = :now",
            "started_at = :wake AND probed_at = :seen",
            now=now,
            wake=wake.started_at,
            seen=wake.probed_at,
        )

    def end(self, wake: Wake, now: float, start_seconds: float | None) -> Change:
        """End a wake and all of its places, if that wake is still under way."""
        measured = "" if start_seconds is None else "last_start_seconds = :took, "
        return self._update(
            f"SET {measured}ended_at = :now, places = :none REMOVE started_at",
            "started_at = :wake",
            took=start_seconds,
            now=now,
            none={},
            wake=wake.started_at,
        )

    def _update(
        self,
        change: str,
        condition: str,
        names: Mapping[str, str] | None = None,
        /,
        **values: bool | float | Mapping[str, Any] | None,
    ) -> Change:
        """Change the item, if the condition holds.

        Args:
            change: The update expression.
            condition: The condition expression.
            names: The attribute names that `#names` stand for.
            values: The values that `:values` stand for; None where none does.
        """
        call: UpdateItemInputTypeDef = {
            "TableName": self._table,
            "Key": self._key,
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if names:
            call["ExpressionAttributeNames"] = names
        if values:
            call["ExpressionAttributeValues"] = {
                f":{name}": _value(value) for name, value in values.items() if value is not None
            }
        try:
            return Change(True, _wake(self._client.update_item(**call)["Attributes"]))
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            old: Any = refused.response
            return Change(False, _wake(old.get("Item", {})))
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from error


def _value(value: bool | float | Mapping[str, Any]) -> UniversalAttributeValueTypeDef:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"M": value} if isinstance(value, Mapping) else {"N": str(value)}


def _wake(item: Mapping[str, AttributeValueTypeDef]) -> Wake:
    numbers = {name: float(value["N"]) for name, value in item.items() if "N" in value}
    places = item.get("places", {}).get("M", {})
    return Wake(
        started_at=numbers.get("started_at"),
        probed_at=numbers.get("probed_at", 0.0),
        from_zero=item.get("from_zero", {}).get("BOOL", False),
        places={place: float(until["N"]) for place, until in places.items()},
        ended_at=numbers.get("ended_at"),
        last_start_seconds=numbers.get("last_start_seconds"),
    )


def _failure(error: Exception) -> StorageError:
    return storage_failure(error, "what is known of the endpoint cannot be read, try again shortly")
