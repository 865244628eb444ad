"""Counts of a replica set's requests and answers, for the metrics."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http import HTTPStatus

MICROSECONDS = 1e6


@dataclass
class Counts:
    """Requests since the metrics were last published.

    Attributes:
        per_replica: sum of each invocation's share of the replicas there were:
            https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
        refused: requests that met no replica at all.
        latencies: microseconds from sending a request to a container to the end of its answer.
        first_chunks: microseconds from sending a request to the first piece of a streamed answer.
        statuses: status of each answer of a container; 0 for one that broke off.
    """

    invocations: int = 0
    per_replica: float = 0.0
    refused: int = 0
    latencies: list[float] = field(default_factory=list)
    first_chunks: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def client_errors(self) -> list[float]:
        """1 for each answer with a 4xx status, 0 for each other."""
        return [float(400 <= status < 500) for status in self.statuses]

    @property
    def server_errors(self) -> list[float]:
        """1 for each answer with a 5xx status and each that broke off, 0 for each other."""
        return [float(status >= 500 or status == 0) for status in self.statuses]

    @property
    def model_errors(self) -> list[float]:
        """1 for each answer that is no success, 0 for each other."""
        return [float(not 200 <= status < 300) for status in self.statuses]


class Usage:
    """Counts requests. Each method is atomic: they come on one thread, and are taken on another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()

    def invoked(self, replicas: int) -> None:
        """Count a request that goes to one of so many replicas."""
        with self._lock:
            self._counts.invocations += 1
            self._counts.per_replica += 1 / max(replicas, 1)  # all may have been retired

    def first_chunk(self, seconds: float) -> None:
        """Count the first piece of a container's streamed answer."""
        with self._lock:
            self._counts.first_chunks.append(seconds * MICROSECONDS)

    def answered(self, seconds: float, status: int = HTTPStatus.OK) -> None:
        """Count a container's answer."""
        with self._lock:
            self._counts.latencies.append(seconds * MICROSECONDS)
            self._counts.statuses.append(status)

    def refused(self) -> None:
        """Count a request that met no replica at all."""
        with self._lock:
            self._counts.refused += 1

    def collect(self) -> Counts:
        """Return the counts since the last call, and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, Counts()
            return counts
