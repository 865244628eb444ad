"""A table in DynamoDB, whose items change only under a condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

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


def table_client() -> DynamoDBClient:
    """Return a client with limits that fit a caller who waits; no request is sent yet."""
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=_MAX_CONNECTIONS,
    )
    return boto3.client("dynamodb", config=config)


Value = bool | float | Sequence[float] | Mapping[str, Any] | None
"""A value in an update: a number or several, true or false, or an empty map."""


@dataclass(frozen=True)
class Update:
    """The end of an update.

    Attributes:
        is_made: True if the condition held.
        item: The item as it is, as far as the update was to tell.
    """

    is_made: bool
    item: Mapping[str, AttributeValueTypeDef]


@dataclass(frozen=True)
class Table:
    """A table, whose failures are told in words for a caller.

    Attributes:
        client: The client.
        name: The table's name.
        failure: The message to a caller when a call fails.
    """

    client: DynamoDBClient
    name: str
    failure: str

    def read(self, key: Mapping[str, str]) -> Mapping[str, AttributeValueTypeDef]:
        """Return an item as it is now; empty if there is none.

        Raises:
            StorageError: The call failed.
        """
        try:
            # Consistent: an older state may look like one that is over.
            found = self.client.get_item(TableName=self.name, Key=_key(key), ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise self._failed(error) from error
        return found.get("Item", {})

    def update(
        self,
        key: Mapping[str, str],
        change: str,
        condition: str,
        names: Mapping[str, str] | None,
        values: Mapping[str, Value],
        *,
        tells_new_item: bool = False,
    ) -> Update:
        """Change an item, if a condition holds; the item is told if not.

        Args:
            key: The item's key.
            change: The update expression.
            condition: The condition expression.
            names: The attribute names that `#names` stand for.
            values: The values that `:values` stand for; None where none does.
            tells_new_item: True to be told the item after a change, too.

        Raises:
            StorageError: The call failed.
        """
        call: UpdateItemInputTypeDef = {
            "TableName": self.name,
            "Key": _key(key),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ReturnValues": "ALL_NEW" if tells_new_item else "NONE",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if names:
            call["ExpressionAttributeNames"] = names
        given = {f":{name}": _value(value) for name, value in values.items() if value is not None}
        if given:
            call["ExpressionAttributeValues"] = given
        try:
            return Update(True, self.client.update_item(**call).get("Attributes", {}))
        except self.client.exceptions.ConditionalCheckFailedException as refused:
            old: Any = refused.response
            return Update(False, old.get("Item", {}))
        except (BotoCoreError, ClientError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StorageError:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        return StorageError(self.failure, reason=f"DynamoDB {code or type(error).__name__}")


def _key(key: Mapping[str, str]) -> dict[str, UniversalAttributeValueTypeDef]:
    return {name: {"S": value} for name, value in key.items()}


def _value(value: Any) -> UniversalAttributeValueTypeDef:  # noqa: ANN401  a Value
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, Sequence):
        return {"L": [_value(member) for member in value]}
    return {"M": value} if isinstance(value, Mapping) else {"N": str(value)}
