"""Outcomes of simulations: latencies, errors and a timeline, in memory that does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlanError
from planner.simulator.instance import Done
from planner.simulator.timeline import Histogram, Timeline


@dataclass(frozen=True)
class Objective:
    """A service level objective, and SageMaker's limit on a request.

    Attributes:
        first_token: longest seconds to the first token.
        per_token: longest seconds per further token, on a request's average.
        limit: seconds after which SageMaker ends a request, from when it reached an instance: 60,
            or 480 for a stream.
            https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-test-endpoints.html
    """

    first_token: float = 2.0
    per_token: float = 0.1
    limit: float = 480.0

    def __post_init__(self) -> None:
        for name in ("first_token", "per_token", "limit"):
            seconds = getattr(self, name)
            if not (seconds > 0 and isfinite(seconds)):
                raise PlanError(f"{name.replace('_', ' ')}: got {seconds} s; must be above 0")


class Recorder:
    """A recorder of requests, finished and failed."""

    def __init__(self, objective: Objective, overhead: float, start: float) -> None:
        """Start with no request seen.

        Args:
            objective: latencies that count as good.
            overhead: seconds every request spends outside of the engine.
            start: epoch seconds of the beginning.
        """
        self._objective, self._overhead = objective, overhead
        self.timeline = Timeline(start)
        self.first_token, self.end_to_end = Histogram(), Histogram()
        self.per_token = Histogram()
        self.requests = self.within = 0
        self.errors = {"too long": 0, "timed out": 0, "no capacity": 0}
        self.put_off_count = 0
        self._cold: list[tuple[float, float]] = []

    def held(self, since: float, until: float) -> None:
        """Take note that the gateway kept the requests of an interval until its end."""
        self._cold.append((since, until))

    def add(self, done: Sequence[Done]) -> None:
        """Count finished requests."""
        if not done:
            return
        arrival, first, end, generated = np.array(done).T
        first_token = first - arrival + self._overhead
        end_to_end = end - arrival + self._overhead
        decoding, further = end - first, np.maximum(generated - 1, 1)
        objective, limit = self._objective, self._objective.limit + self._held_for(arrival)
        ended = (end_to_end <= limit) & np.isfinite(first)
        within = ended & (first_token <= objective.first_token)
        within &= decoding <= objective.per_token * further
        self.requests += len(arrival)
        self.within += int(within.sum())
        self.errors["timed out"] += int((~ended).sum())
        # A caller that is cut off has waited as long as it was let.
        end_to_end = np.minimum(end_to_end, limit)
        first_token = np.minimum(first_token, end_to_end)
        self.first_token.add(first_token)
        self.end_to_end.add(end_to_end)
        self.per_token.add((decoding / further)[ended])
        self.timeline.add(arrival, first_token, within)

    def _held_for(self, arrival: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the seconds the gateway kept each request, which SageMaker does not count."""
        seconds = np.zeros(len(arrival))
        for since, until in self._cold:
            seconds += np.where((arrival >= since) & (arrival < until), until - arrival, 0.0)
        return seconds

    def put_off(self, times: NDArray[np.float64]) -> None:
        """Count requests that another endpoint will answer later: outside of the objective."""
        self.put_off_count += len(times)
        self._miss(times)

    def fail(self, kind: str, times: NDArray[np.float64]) -> None:
        """Count requests that never reached an engine."""
        self.errors[kind] += len(times)
        self._miss(times)

    def _miss(self, times: NDArray[np.float64]) -> None:
        self.requests += len(times)
        if len(times):
            late = np.full(len(times), self._objective.limit)
            self.timeline.add(times, late, np.zeros(len(times), dtype=np.bool_))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one simulation.

    Attributes:
        policy: its name.
        requests: that arrived.
        within: share of them within the objective, errors counting as outside.
        errors: requests without a full answer, by kind.
        put_off: requests that are answered later, by the asynchronous endpoint.
        first_token: p50, p95, p99 seconds to the first token.
        end_to_end: p50, p95, p99 seconds to the last token.
        per_token: p50, p95, p99 seconds per further token.
        instance_hours: paid for, provisioning and draining included.
        gpu_hours: the same by GPU.
        usd: their price.
        peak: most instances in service at once.
        activities: changes of the capacity.
        timeline: counts over time.
    """

    policy: str
    requests: int
    within: float
    errors: dict[str, int]
    put_off: int
    first_token: tuple[float, float, float]
    end_to_end: tuple[float, float, float]
    per_token: tuple[float, float, float]
    instance_hours: float
    gpu_hours: float
    usd: float
    peak: int
    activities: int
    timeline: Timeline
