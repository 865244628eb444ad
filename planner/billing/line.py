"""A line of a bill: a quantity times a price."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from planner.prices.price_list import Price


@dataclass(frozen=True)
class Line:
    """A line of a bill.

    Attributes:
        name: of what is paid for.
        quantity: of units.
        unit: of the quantity, in words.
        price: of one unit.
    """

    name: str
    quantity: float
    unit: str
    price: Price

    @property
    def usd(self) -> float:
        """Quantity times price."""
        return self.quantity * self.price.usd

    def times(self, factor: float) -> Line:
        """Return the line for a longer or shorter time."""
        return Line(self.name, self.quantity * factor, self.unit, self.price)


def total(lines: Iterable[Line]) -> float:
    """Return the sum of lines in USD."""
    return sum(line.usd for line in lines)
