"""The bill of the front door: API Gateway and the streaming function, by what passes through."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from planner.billing.line import Line
from planner.errors import PlanError
from planner.prices.price_list import REGION, service_price

EVENT_BYTES = 230
"""Bytes of a token's server-sent event, as a stream of chat completions has it."""

LOG_BYTES = 1_200
"""Bytes of log lines of a request: the service's, the gateway's and Lambda's own."""

_GB_SECOND = {"arm64": "lambda_gb_second", "x86_64": "lambda_x86_64_gb_second"}
_GB = 1e9
_MB_OF_GB = 1024


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Traffic through the front door in some time.

    Attributes:
        requests: that are answered.
        tokens: generated, of all requests together.
        tokens_per_second: of one stream.
        memory_mb: of the streaming function.
        held_seconds: of a request before its first token: the time to it, and waiting for capacity.
        metrics: custom metrics that are kept, a month each.
        architecture: of the streaming function.
    """

    requests: float
    tokens: float
    tokens_per_second: float
    memory_mb: int
    held_seconds: float = 0.0
    metrics: float = 0.0
    architecture: Literal["arm64", "x86_64"] = "arm64"

    def __post_init__(self) -> None:
        for name in ("requests", "tokens", "held_seconds", "metrics"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise PlanError(f"{name.replace('_', ' ')}: got {value}; must be 0 or more")
        for name in ("tokens_per_second", "memory_mb"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise PlanError(f"{name.replace('_', ' ')}: got {value}; must be above 0")

    @property
    def seconds(self) -> float:
        """Seconds that streams keep environments of the function busy: one request at a time."""
        return self.tokens / self.tokens_per_second + self.requests * self.held_seconds


def front_door(passage: Passage, region: str = REGION) -> list[Line]:
    """Return the lines of the front door's bill; free tiers are left out.

    Raises:
        PlanError: there are no prices for the region.
    """
    gigabytes = passage.tokens * EVENT_BYTES / _GB
    busy = passage.seconds * passage.memory_mb / _MB_OF_GB
    quantities = (
        ("Lambda, duration", busy, "GB-s", _GB_SECOND[passage.architecture]),
        ("Lambda, requests", passage.requests, "requests", "lambda_request"),
        ("Lambda, streamed", gigabytes, "GB", "lambda_streamed_gb"),
        ("API Gateway", passage.requests, "requests", "api_gateway_request"),
        ("data out", gigabytes, "GB", "egress_gb"),
        ("logs", passage.requests * LOG_BYTES / _GB, "GB", "log_gb"),
        ("metrics", passage.metrics, "metric-months", "metric_month"),
    )
    return [
        Line(name, quantity, unit, service_price(key, region))
        for name, quantity, unit, key in quantities
    ]
