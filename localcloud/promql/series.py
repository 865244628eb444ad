"""The newest sample of each OpenTelemetry metric's series."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from localcloud.awsjson.service import Scope
from localcloud.clock import Clock
from localcloud.promql.expression import Expression, Labels

LOOKBACK_SECONDS = 300
"""Age up to which a sample counts as its series' present value, by the clock: Prometheus'
default. What CloudWatch takes is not documented."""


@dataclass(frozen=True)
class Sample:
    """The value of one series."""

    labels: Labels
    value: float


class SeriesStore:
    """Every account's and region's series. Safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: defaultdict[Scope, dict[frozenset[tuple[str, str]], tuple[float, Sample]]] = (
            defaultdict(dict)
        )

    def put(self, scope: Scope, samples: Iterable[Sample]) -> None:
        """Keep samples taken at the present time, each in place of the series' last sample."""
        now = self._clock.now()
        with self._lock:
            for sample in samples:
                self._newest[scope][frozenset(sample.labels.items())] = now, sample

    def evaluate(self, scope: Scope, expression: Expression) -> list[Sample]:
        """Give the present values of what is asked for; nothing where there is no series."""
        found = [one for one in self._present(scope) if expression.selects(one.labels)]
        if expression.aggregate is None or not found:
            return found
        return [Sample({}, float(expression.aggregate([sample.value for sample in found])))]

    def _present(self, scope: Scope) -> list[Sample]:
        oldest = self._clock.now() - LOOKBACK_SECONDS
        with self._lock:
            kept = {key: one for key, one in self._newest[scope].items() if one[0] >= oldest}
            self._newest[scope] = kept
        return [sample for _, sample in kept.values()]
