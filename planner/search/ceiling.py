"""The ceiling of an objective: requests that miss it even alone on an idle instance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from planner.simulator.endpoint import Endpoint
from planner.workload.trace import Arrivals


@dataclass(frozen=True)
class Ceiling:
    """The share of requests that no fleet of this instance type serves within the objective.

    Attributes:
        share: of all requests, 0 to 1.
        sentence: the share and its reason, in words.
    """

    share: float
    sentence: str


def ceiling(traffic: Iterable[Arrivals], served_by: Endpoint) -> Ceiling:
    """Return the share of requests that miss the objective alone, and the reason."""
    speed, objective = served_by.speed, served_by.objective
    prefill = speed.prefill * (1 - speed.cached)
    longest = (objective.first_token - served_by.overhead) / max(prefill, 1e-12)
    total = long = late = slow = 0
    for arrivals in traffic:
        tokens = arrivals.context + arrivals.generated / 2
        step = speed.base(1) + speed.sequence + speed.kv_token * tokens
        is_long = arrivals.context + arrivals.generated > speed.longest
        is_late = (arrivals.context > longest) & ~is_long
        is_slow = (step > objective.per_token) & (arrivals.generated > 1) & ~is_late & ~is_long
        total += len(arrivals)
        long += int(np.count_nonzero(is_long))
        late += int(np.count_nonzero(is_late))
        slow += int(np.count_nonzero(is_slow))
    share = (long + late + slow) / max(1, total)
    if not share:
        return Ceiling(0.0, "ceiling: every request meets the objective alone on an idle instance")
    reasons = []
    if long:
        reasons.append(f"{long} are longer than the context of {speed.longest} tokens")
    if late:
        prompts = f"prompts over {longest:.0f} tokens" if longest >= 1 else "prompts"
        reasons.append(f"{prompts} cannot be read in {objective.first_token:g} s")
    if slow:
        reasons.append(f"a token takes more than {1000 * objective.per_token:g} ms")
    return Ceiling(
        share,
        f"ceiling: {share:.1%} of requests miss the objective even alone on an idle instance "
        f"({'; '.join(reasons)}): no fleet helps, but a faster GPU or another objective does",
    )
