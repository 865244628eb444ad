"""An option: a candidate in a kind of deployment, sized and priced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from planner.recommend.candidates import Candidate
from planner.recommend.needs import Needs
from planner.recommend.pace import Pace

Kind = Literal["real-time", "asynchronous", "batch"]

FIRST_TOKEN_SECONDS, PER_TOKEN_MS = 2.0, 100.0
"""Limits where a caller waits and none are given."""

STREAM_SECONDS = 480.0
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html"""

REQUEST_SECONDS = 3600.0
"""Longest run of a request for which nobody waits, of an asynchronous endpoint and of a job.

https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
"""


@dataclass(frozen=True)
class Miss:
    """A limit that an option does not keep.

    Attributes:
        name: of the limit.
        got: value that is reached.
        allowed: most that is accepted.
        unit: of both.
    """

    name: str
    got: float
    allowed: float
    unit: str

    @property
    def sentence(self) -> str:
        """The miss in words."""
        got, allowed = map(_figure, (self.got, self.allowed))
        return f"{self.name} {got} {self.unit} > {allowed} {self.unit}"


@dataclass(frozen=True, kw_only=True)
class Option:
    """A candidate, sized and priced.

    Attributes:
        kind: of deployment.
        candidate: model on an instance type.
        least: instances that always run while it is open.
        most: instances that scaling may start.
        hours: instance-hours paid for in a month.
        pace: of the average request; None where nobody waits, or where requests pile up.
        misses: limits that are not kept.
        sums: lines of arithmetic behind the size and the price.
        target: requests in flight on an instance to scale by; None leaves half of the places.
    """

    kind: Kind
    candidate: Candidate
    least: int
    most: int
    hours: float
    pace: Pace | None = None
    misses: tuple[Miss, ...] = ()
    sums: tuple[str, ...] = ()
    target: float | None = None

    @property
    def usd(self) -> float:
        """USD of a month's instances."""
        return self.hours * self.candidate.usd_per_hour

    @property
    def name(self) -> str:
        """Count, instance type and format in words."""
        count = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return f"{count} x {self.candidate.instance}, {self.candidate.format}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def latency_misses(needs: Needs, kept: Pace) -> Iterator[Miss]:
    """Yield the limits of time that the average request does not keep."""
    first, each = needs.first_token_seconds, needs.per_token_ms
    if needs.answer_seconds is None or first is not None:
        first = first or FIRST_TOKEN_SECONDS
        if kept.first_token > first:
            yield Miss("first token", kept.first_token, first, "s")
    if needs.answer_seconds is None or each is not None:
        each = each or PER_TOKEN_MS
        if 1000 * kept.per_token > each and needs.tokens_out > 1:
            yield Miss("per token", 1000 * kept.per_token, each, "ms")
    whole = needs.answer_seconds or STREAM_SECONDS
    if kept.answer > whole:
        yield Miss("whole answer", kept.answer, whole, "s")
