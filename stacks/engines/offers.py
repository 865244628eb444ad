"""Offers: the instance types that SageMaker has for a use in a region, from offers.json."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

OFFERS_PATH = Path(__file__).with_name("offers.json")

Use = Literal["endpoint", "transform"]
"""The purpose of instances: endpoints, real-time or asynchronous, or batch transform jobs."""


class Offers(BaseModel):
    """Instance types of the families that are known here, and the regions that have them.

    Attributes:
        source: package and version the tables were read from.
        endpoint: regions, parted by spaces, of each type that endpoints may run on.
        transform: regions of each type that batch transform jobs may run on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    endpoint: Mapping[str, str]
    transform: Mapping[str, str]

    def regions(self, use: Use) -> frozenset[str]:
        """Return every region with offers for a use; of others nothing is known."""
        return frozenset(" ".join(self._of(use).values()).split())

    def of_type(self, instance_type: str, use: Use) -> tuple[str, ...]:
        """Return the regions that have a type for a use; none for a type that is unknown."""
        return tuple(self._of(use).get(instance_type, "").split())

    def in_region(self, region: str, use: Use) -> tuple[str, ...]:
        """Return the types that a region has for a use, the smaller sizes of a family first."""
        return tuple(type_ for type_, where in self._of(use).items() if region in where.split())

    def _of(self, use: Use) -> Mapping[str, str]:
        return self.endpoint if use == "endpoint" else self.transform


@cache
def load_offers() -> Offers:
    """Read the committed offers once."""
    return Offers.model_validate_json(OFFERS_PATH.read_text())
