"""An endpoint's wake in DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from lambda_api.aws.dynamodb import Table, Value, table_client
from lambda_api.cold_start.wake import STALE_SECONDS, Change, Wake

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

_KEPT_SECONDS = 90 * 86_400
"""Time for which the last start's length is of use."""


_FAILURE = "what is known of the endpoint cannot be read, try again shortly"


class DynamoWakeTable:
    """The wake of one endpoint, in an item of a table."""

    def __init__(self, client: DynamoDBClient, table: str, endpoint_name: str) -> None:
        self._table = Table(client, table, _FAILURE)
        self._key = {"endpoint": endpoint_name}

    @classmethod
    def connect(cls, table: str, endpoint_name: str) -> Self:
        """Return the table with a client of its own; no request is sent yet."""
        return cls(table_client(), table, endpoint_name)

    def read(self) -> Wake:
        """Return the present state."""
        return _wake(self._table.read(self._key))

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
        **values: Value,
    ) -> Change:
        update = self._table.update(
            self._key, change, condition, names, values, tells_new_item=True
        )
        return Change(update.is_made, _wake(update.item))


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
