"""The price list: prices.toml, by region."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planner.errors import PlanError

REGION = "us-east-1"
"""The region whose prices stand in for a stage that names none."""

_DERIVED = "derived"


@dataclass(frozen=True, kw_only=True)
class Price:
    """A price of one unit.

    Attributes:
        usd: of one unit: an hour of an instance, or what the service's name ends in.
        source: where it was read, in words.
        derived: true where it was computed from EC2's price, and not published.
        ec2: EC2's price of the same instance type; None where none was found.
    """

    usd: float
    source: str
    derived: bool = False
    ec2: float | None = None


@cache
def _tables() -> dict[str, Any]:
    text = resources.files("planner").joinpath("prices.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def regions() -> list[str]:
    """Return the regions that have prices."""
    return [*_tables()["regions"]]


def check_region(region: str) -> None:
    """Refuse a region without prices.

    Raises:
        PlanError: it has none.
    """
    if region not in _tables()["regions"]:
        raise PlanError(
            f"region: got {region!r}, which has no prices here; must be one of "
            f"{', '.join(regions())}; `twin plan cost --prices` asks AWS for those of another"
        )


def instances(region: str = REGION) -> list[str]:
    """Return the instance types that have a price in a region.

    Raises:
        PlanError: there are no prices for the region.
    """
    check_region(region)
    return [*_tables()["regions"][region]["instances"]]


def find_instance_price(instance: str, region: str = REGION) -> Price | None:
    """Return the price of an hour of an instance, on demand; None where none was found.

    Raises:
        PlanError: there are no prices for the region.
    """
    check_region(region)
    row = _tables()["regions"][region]["instances"].get(instance)
    return None if row is None else _price(row)


def instance_price(instance: str, region: str = REGION) -> Price:
    """Return the price of an hour of an instance, on demand.

    Raises:
        PlanError: there is no price for the type or the region.
    """
    found = find_instance_price(instance, region)
    if found is None:
        raise PlanError(
            f"instances: got {instance!r}, which has no price in {region} here; must be a type "
            "with a price, or its price asked for with --prices"
        )
    return found


def service_price(name: str, region: str = REGION) -> Price:
    """Return the price of a unit of a service, by its name in prices.toml.

    Raises:
        PlanError: there are no prices for the region.
    """
    check_region(region)
    return _price(_tables()["regions"][region]["services"][name])


def price_source(region: str = REGION) -> str:
    """Return the region and the date of the prices, in words."""
    check_region(region)
    return f"{region}, on demand, {_tables()['regions'][region]['date']}"


def _price(row: dict[str, Any]) -> Price:
    return Price(
        usd=row["usd"],
        source=_tables()["sources"][row["source"]],
        derived=row["source"] == _DERIVED,
        ec2=row.get("ec2"),
    )
