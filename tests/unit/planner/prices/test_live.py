"""Prices asked of the Price List API."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from planner.errors import PlanError
from planner.prices.live import HOST, live_prices

TODAY = date(2026, 11, 30)


def product(component: str, usd: str) -> str:
    dimension = {"pricePerUnit": {"USD": usd}}
    return json.dumps(
        {
            "product": {"attributes": {"component": component, "instanceName": "ml.g5.xlarge"}},
            "terms": {"OnDemand": {"a": {"priceDimensions": {"b": dimension}}}},
        }
    )


def ask(answers: list[str]) -> dict[str, Any]:
    client = boto3.client(
        "pricing", region_name=HOST, aws_access_key_id="a", aws_secret_access_key="b"
    )
    filters = {"instanceName": "ml.g5.xlarge", "regionCode": "eu-west-1"}
    with Stubber(client) as stub:
        stub.add_response(
            "get_products",
            {"PriceList": answers},
            {
                "ServiceCode": "AmazonSageMaker",
                "Filters": [
                    {"Type": "TERM_MATCH", "Field": field, "Value": value}
                    for field, value in filters.items()
                ],
                "FormatVersion": "aws_v1",
            },
        )
        return live_prices(client, ["ml.g5.xlarge", "ml.g5.xlarge"], "eu-west-1", TODAY)


def test_the_price_of_hosting_is_taken_among_all_uses() -> None:
    prices = ask([product("Training", "9.0"), product("Hosting", "1.5720000000")])
    assert prices["ml.g5.xlarge"].usd == 1.572
    assert prices["ml.g5.xlarge"].source == "Price List API, eu-west-1, asked on 2026-11-30"


def test_a_type_that_is_not_hosted_is_named() -> None:
    with pytest.raises(PlanError, match=r"none for hosting on ml\.g5\.xlarge in eu-west-1"):
        ask([product("Training", "9.0")])
