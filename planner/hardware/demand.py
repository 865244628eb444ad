"""Demand of traffic: its length, its mean request, and the GPU work of every minute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlanError
from planner.hardware.throughput import Speed
from planner.workload.trace import Arrivals

WINDOW = 60.0


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A first look at traffic, through the eyes of one instance type.

    Attributes:
        start: epoch seconds of the first full minute's start.
        end: epoch seconds of the last request.
        requests: number of requests.
        context: mean prompt tokens.
        generated: mean answer tokens.
        arrivals: requests of each minute.
        work: GPU seconds of each minute's requests in the fullest batches: the least they can take.
    """

    start: float
    end: float
    requests: int
    context: float
    generated: float
    arrivals: NDArray[np.float64]
    work: NDArray[np.float64]

    @property
    def most_requests_per_second(self) -> float:
        """Rate of mean requests that one instance bears, as a load test would find."""
        return self.requests / float(self.work.sum())


def survey(traffic: Iterable[Arrivals], speed: Speed) -> Survey:
    """Read traffic once.

    Raises:
        PlanError: there is none.
    """
    work, counts = np.zeros(0), np.zeros(0)
    start = end = 0.0
    requests = context = generated = 0
    for arrivals in traffic:
        if not requests:
            start = float(arrivals.times[0] // WINDOW * WINDOW)
        requests += len(arrivals)
        context += int(arrivals.context.sum())
        generated += int(arrivals.generated.sum())
        end = float(arrivals.times[-1])
        windows = ((arrivals.times - start) // WINDOW).astype(int)
        work = _added(work, windows, _work(arrivals, speed))
        counts = _added(counts, windows, np.ones(len(arrivals)))
    if not requests:
        raise PlanError("traffic: got no requests; must have at least one")
    return Survey(
        start=start,
        end=end,
        requests=requests,
        context=context / requests,
        generated=generated / requests,
        arrivals=counts,
        work=work,
    )


def _added(
    sums: NDArray[np.float64], windows: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Add values to the sums of their windows, which reach as far as before or further."""
    grown = np.asarray(np.bincount(windows, weights=values), dtype=np.float64)
    grown[: len(sums)] += sums
    return grown


def _work(arrivals: Arrivals, speed: Speed) -> NDArray[np.float64]:
    """Return each request's GPU seconds in the fullest batch, prompts beside steps left out."""
    tokens = arrivals.context + arrivals.generated
    batch = np.minimum(speed.slots, np.maximum(1, speed.kv_tokens / tokens.mean()))
    weight = speed.sequence + speed.kv_token * (arrivals.context + arrivals.generated / 2)
    work = speed.prefill * (1 - speed.cached) * arrivals.context
    step = float(speed.base(batch)) / batch
    return np.asarray(work + (arrivals.generated - 1) * (step + weight))
