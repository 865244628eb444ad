"""Latencies and counts over time, in memory that does not grow."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Latencies are counted in steps of 1%, from a millisecond to a day.
_LEAST, _RATIO, _BUCKETS = 1e-3, 1.01, 1840
_COARSE = 10  # fine buckets per bucket of the timeline: steps of 10%
BINS = 1440


class Histogram:
    """Counts of latencies with quantiles exact to 1%."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BUCKETS, dtype=np.int64)

    def add(self, seconds: NDArray[np.float64]) -> None:
        """Count some latencies."""
        self._counts += np.bincount(_buckets(seconds), minlength=_BUCKETS)

    def quantile(self, share: float) -> float:
        """Return the latency a share of the requests stays within; 0 when there are none."""
        return _quantile(self._counts, share, 1)


def _buckets(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    exponents = np.log(np.maximum(seconds, _LEAST) / _LEAST) / np.log(_RATIO)
    return np.asarray(np.minimum(exponents, _BUCKETS - 1), dtype=np.int64)


def _quantile(counts: NDArray[np.int64], share: float, width: int) -> float:
    total = np.cumsum(counts)
    if total[-1] == 0:
        return 0.0
    bucket = int(np.searchsorted(total, share * total[-1]))
    return float(_LEAST * _RATIO ** ((bucket + 0.5) * width))


@dataclass
class Timeline:
    """Counts over time in at most 1440 bins; a bin doubles its width when they run out.

    Attributes:
        start: epoch seconds.
        width: seconds per bin.
        requests: that arrived in each bin.
        within: those within the objective.
        instances: instance-seconds paid for.
        serving: instance-seconds in service.
        first_tokens: requests by latency.
    """

    start: float
    width: float = 60.0
    requests: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    within: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    instances: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    serving: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    first_tokens: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((BINS, _BUCKETS // _COARSE), dtype=np.int64)
    )

    def add(
        self,
        times: NDArray[np.float64],
        first: NDArray[np.float64],
        within: NDArray[np.bool_],
    ) -> None:
        """Count requests in the bins of their arrival."""
        bins = self._bins(times)
        self.requests += np.bincount(bins, minlength=BINS)
        self.within += np.bincount(bins, weights=within, minlength=BINS).astype(np.int64)
        buckets = np.minimum(_buckets(first) // _COARSE, self.first_tokens.shape[1] - 1)
        np.add.at(self.first_tokens, (bins, buckets), 1)

    def add_instances(self, start: float, end: float, *, paid: int, serving: int) -> None:
        """Count instance-seconds of an interval shorter than a bin, in the bin of its start."""
        self._reach(start)
        place = int((start - self.start) / self.width)
        self.instances[place] += paid * (end - start)
        self.serving[place] += serving * (end - start)

    def first_token_quantiles(self, share: float, bins: int = 1) -> NDArray[np.float64]:
        """Return the quantile of the first-token latency over each so many of the used bins."""
        starts = np.arange(0, self.used, bins)
        rows = np.add.reduceat(self.first_tokens[: self.used], starts, axis=0)
        return np.array([_quantile(row, share, _COARSE) for row in rows])

    @property
    def used(self) -> int:
        """Bins up to the last that saw anything."""
        seen = np.flatnonzero(self.requests + self.instances)
        return int(seen[-1]) + 1 if len(seen) else 0

    def _bins(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        self._reach(float(times.max()))
        return np.asarray(np.maximum(times - self.start, 0) // self.width, dtype=np.int64)

    def _reach(self, time: float) -> None:
        while (time - self.start) / self.width >= BINS:
            self._fold()

    def _fold(self) -> None:
        self.width *= 2
        for counts in (
            self.requests,
            self.within,
            self.instances,
            self.serving,
            self.first_tokens,
        ):
            pairs = counts.reshape(BINS // 2, 2, *counts.shape[1:]).sum(axis=1)
            counts[: BINS // 2], counts[BINS // 2 :] = pairs, 0
