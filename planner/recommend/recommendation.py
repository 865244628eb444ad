"""The recommendation: what to deploy, why, what it lost to, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass

from planner.prices.price_list import price_source
from planner.recommend.demand import Demand
from planner.recommend.needs import Needs
from planner.recommend.option import Option
from planner.recommend.topology import Topology


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """A deployment for some needs.

    Attributes:
        needs: that were told.
        demand: that follows.
        best: option of instances that is taken, unless the topology's function takes their place.
        topology: of business logic and model.
        other_topology: that was considered beside.
        scaling: strategy in words.
        runner_up: the nearest other option, and the number it lost by.
        alternatives: other kinds of deployment and what they would cost.
        changes: what would change the answer.
        notes: margins below the error, budgets, and whether to deploy at all.
        config: file that realises it; None where this project cannot deploy it.
        missed: whether a limit or the budget is not kept.
    """

    needs: Needs
    demand: Demand
    best: Option
    topology: Topology
    other_topology: Topology
    scaling: str
    runner_up: str
    alternatives: tuple[str, ...]
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    config: str | None
    missed: bool

    @property
    def usd(self) -> float:
        """USD a month: the front door, and the instances unless a function holds the model."""
        return self.topology.door_usd + (0.0 if self.topology.function else self.best.usd)

    @property
    def prices(self) -> str:
        """Region and date of the prices."""
        return price_source(self.needs.region)

    @property
    def title(self) -> str:
        """The answer in a line."""
        if held := self.topology.function:
            name = f"one function, {held.format}"
            return f"{self.best.kind}, {self.topology.name}, {name}: {self.usd:,.0f} USD a month"
        return (
            f"{self.best.kind}, {self.topology.name}, {self.best.name}: "
            f"{self.best.usd:,.0f} USD a month"
        )
