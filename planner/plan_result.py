"""The result of a plan: outcomes, with the provenance of all that they rest on."""

from __future__ import annotations

from dataclasses import dataclass, field

from planner.search.ceiling import Ceiling
from planner.simulator.endpoint import Endpoint
from planner.simulator.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class PlanResult:
    """The outcomes of a simulated request.

    Attributes:
        model: name of what is served.
        instance: type that serves.
        summary: model, traffic and objective in one sentence.
        notes: what limits the result: ceiling, provenance of speed and price, what was missed.
        provenance: of speed, memory and price, in words by name.
        ceiling: share of requests that no fleet serves within the objective.
        outcomes: one a policy.
        endpoint: that was simulated.
        config: the section of the policy that was found; empty without a search.
        missed: whether the search found no policy that keeps the objective.
    """

    model: str
    instance: str
    summary: str
    notes: list[str] = field(default_factory=list)
    provenance: dict[str, str]
    ceiling: Ceiling
    outcomes: list[Outcome]
    endpoint: Endpoint
    config: str = ""
    missed: bool = False
