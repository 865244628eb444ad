"""Generated traffic: Poisson, bursty or diurnal arrivals with the lengths of real conversations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlanError
from planner.workload.trace import CHUNK, MONDAY, Arrivals

Gaps = Callable[[int], NDArray[np.float64]]

DAY = 86_400.0
# (median, sigma, longest) of lognormal lengths, from the medians and means of Azure's conversation
# trace of 2023. https://github.com/Azure/AzurePublicDataset
_CONTEXT = (1020.0, 0.5, 8_000)
_GENERATED = (129.0, 0.99, 1_000)
_BURST_CV = 4.0
_DIURNAL_SWING = 0.8
_MOST = 100_000_000


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Traffic to generate; the same seed makes the same requests.

    Attributes:
        kind: poisson; bursty (gamma gaps, coefficient of variation 4); or diurnal (Poisson, from
            0.2 of the rate at 04:00 UTC to 1.8 of it at 16:00).
        rate: requests per second on average; above 0.
        duration: seconds.
        seed: of the random numbers.
        start: epoch seconds of the first moment.
    """

    kind: str
    rate: float
    duration: float
    seed: int = 0
    start: float = MONDAY

    def __post_init__(self) -> None:
        if self.kind not in _GAPS:
            raise PlanError(f"traffic: got {self.kind!r}; must be one of {', '.join(_GAPS)}")
        if not (self.rate > 0 and self.duration > 0 and self.rate * self.duration <= _MOST):
            raise PlanError(
                f"traffic: got {self.rate} requests per second for {self.duration} s; "
                f"both must be above 0, and make at most {_MOST:,} requests"
            )

    def arrivals(self) -> Iterator[Arrivals]:
        """Generate the requests in chunks."""
        random = np.random.default_rng(self.seed)
        now, gaps = 0.0, _GAPS[self.kind](random, self.rate)
        while now < self.duration:
            times = now + np.cumsum(gaps(CHUNK))
            now = float(times[-1])
            times = times[times < self.duration]
            if self.kind == "diurnal":
                times = times[random.random(len(times)) < _daily(times + self.start)]
            if len(times):
                count = len(times)
                yield Arrivals(
                    times + self.start,
                    _lengths(random, _CONTEXT, count),
                    _lengths(random, _GENERATED, count),
                )


def _poisson(random: np.random.Generator, rate: float) -> Gaps:
    return lambda count: random.exponential(1 / rate, count)


def _bursty(random: np.random.Generator, rate: float) -> Gaps:
    shape = 1 / _BURST_CV**2
    return lambda count: random.gamma(shape, 1 / (rate * shape), count)


def _diurnal(random: np.random.Generator, rate: float) -> Gaps:
    """Generate the busiest hour's rate; the rest is thinned out of it."""
    return _poisson(random, rate * (1 + _DIURNAL_SWING))


_GAPS: dict[str, Callable[[np.random.Generator, float], Gaps]] = {
    "poisson": _poisson,
    "bursty": _bursty,
    "diurnal": _diurnal,
}


def _daily(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of the busiest rate at each time."""
    phase = 2 * math.pi * (times % DAY - 4 * 3600) / DAY
    return np.asarray((1 - _DIURNAL_SWING * np.cos(phase)) / (1 + _DIURNAL_SWING))


def _lengths(
    random: np.random.Generator, shape: tuple[float, float, int], count: int
) -> NDArray[np.int64]:
    median, sigma, longest = shape
    lengths = random.lognormal(math.log(median), sigma, count)
    return np.clip(lengths, 1, longest).astype(np.int64)
