"""Prices of instances asked of the AWS Price List API, with the caller's credentials."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, Protocol

from planner.errors import PlanError
from planner.prices.price_list import Price

HOST = "us-east-1"
"""Region whose endpoint answers for all regions.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
"""

_HOSTING = "Hosting"


class Pricing(Protocol):
    """The client of boto3 for "pricing", as far as it is called."""

    def get_products(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own
        """Return products as texts of JSON."""


def live_prices(
    client: Pricing, instances: Iterable[str], region: str, today: date
) -> dict[str, Price]:
    """Return the price of an hour of hosting on each instance type.

    Raises:
        PlanError: the list has none for a type.
    """
    return {name: _price(client, name, region, today) for name in dict.fromkeys(instances)}


def _price(client: Pricing, instance: str, region: str, today: date) -> Price:
    wanted = {"instanceName": instance, "regionCode": region}
    answer = client.get_products(
        ServiceCode="AmazonSageMaker",
        Filters=[{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in wanted.items()],
        FormatVersion="aws_v1",
    )
    found = [usd for text in answer["PriceList"] for usd in _hosting(json.loads(text))]
    if not found:
        raise PlanError(
            f"prices: got none for hosting on {instance} in {region}; must be a type that "
            "SageMaker hosts there"
        )
    return Price(usd=found[0], source=f"Price List API, {region}, asked on {today.isoformat()}")


def _hosting(product: dict[str, Any]) -> list[float]:
    attributes = product["product"]["attributes"]
    if _HOSTING not in (attributes.get("component"), attributes.get("platoinstancetype")):
        return []
    return [
        float(dimension["pricePerUnit"]["USD"])
        for term in product["terms"].get("OnDemand", {}).values()
        for dimension in term["priceDimensions"].values()
        if float(dimension["pricePerUnit"].get("USD", 0)) > 0
    ]
