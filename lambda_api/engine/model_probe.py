"""The model probe: one token through the endpoint, as a caller would get it.

`/ping` does not see a wedged engine: llama.cpp answered 200 while every caller waited in vain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

from aws_lambda_powertools.logging import Logger

from lambda_api.errors import ServiceError

PROBE_SUCCESS = "ProbeSuccess"
"""1 for a probe that got a token, else 0."""

PROBE_LATENCY = "ProbeLatency"
"""Milliseconds until a successful probe had its answer."""

PAYLOAD = {"messages": [{"role": "user", "content": "ping"}], "max_tokens": 1, "temperature": 0}
"""The request, without what selects a model."""


class Model(Protocol):
    """The model that is probed."""

    def complete(self, payload: bytes) -> bytes:
        """Return the whole answer, or raise a ServiceError."""


class ProbeMetrics(Protocol):
    """The metrics that the alarm follows."""

    def put(self, values: Mapping[str, float]) -> None:
        """Add a data point, taken now, to each of some metrics by their names."""


@dataclass(frozen=True)
class ModelProbe:
    """A probe of one endpoint.

    Attributes:
        model: The model behind the endpoint.
        metrics: The target of what was found.
        logger: The log of probes that failed.
        clock: Returns seconds.
        selected: The fields that select the model in a request to the engine.
    """

    model: Model
    metrics: ProbeMetrics
    logger: Logger
    clock: Callable[[], float] = perf_counter
    selected: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        """Probe once, and put what was found; errors of the metrics go to the caller."""
        started = self.clock()
        try:
            payload = json.dumps({**PAYLOAD, **self.selected}).encode()
            has_token = _has_token(self.model.complete(payload))
        except ServiceError as error:
            self.logger.warning("probe failed", extra={"reason": error.reason or error.message})
            has_token = False
        found = {PROBE_SUCCESS: float(has_token)}
        if has_token:
            # Of a failed one the time says only how patient the probe is.
            found[PROBE_LATENCY] = round((self.clock() - started) * 1000, 1)
        self.metrics.put(found)


def _has_token(answer: bytes) -> bool:
    """Return True for a completion with a choice, be there text or not."""
    try:
        return bool(json.loads(answer)["choices"])
    except (ValueError, LookupError, TypeError):
        return False
