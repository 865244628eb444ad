"""DynamoDB: tables from templates whose items expire.

ministack creates a table from a template without its `TimeToLiveSpecification`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

from localcloud.ministack_hooks.patching import Untyped


def expire_items() -> None:
    """Honour `TimeToLiveSpecification`."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    handlers["create"] = partial(_create, handlers["create"])
    handlers["update"] = partial(_update, handlers["update"])


def _create(
    original: Callable[..., Untyped], logical_id: str, properties: Untyped, stack: str
) -> Untyped:
    table, attributes = original(logical_id, properties, stack)
    _set_expiry(table, properties)
    return table, attributes


def _update(
    original: Callable[..., Untyped], table: str, old: Untyped, new: Untyped, *rest: Untyped
) -> Untyped:
    updated, attributes = original(table, old, new, *rest)
    _set_expiry(updated, new)
    return updated, attributes


def _set_expiry(table: str, properties: Untyped) -> None:
    if given := properties.get("TimeToLiveSpecification"):
        enabled = str(given.get("Enabled")).lower() == "true"
        dynamodb._update_ttl(
            {"TableName": table, "TimeToLiveSpecification": {**given, "Enabled": enabled}}
        )
