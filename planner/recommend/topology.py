"""Topologies: a business tier in front of a model tier, or both in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp

from planner.billing.front_door import Passage, front_door
from planner.billing.line import total
from planner.billing.load import POLLS
from planner.billing.storage import TOKEN_BYTES
from planner.hardware.function import MEMORY_MB, FunctionModel, function_model
from planner.models.kv_cache import sequence_bytes
from planner.prices.price_list import service_price
from planner.recommend.demand import Demand
from planner.recommend.needs import Needs
from planner.recommend.option import Miss, Option, latency_misses
from planner.recommend.pace import OVERHEAD, Pace
from stacks.config import MonolithConfig

_HOP_MS = (5, 10)
_HOP_SHARE = 0.1
_MEMORY_MB = 512

_KEPT_SECONDS = 300.0
"""Silence after which an environment is gone, assumed: Lambda promises nothing."""

_ENVIRONMENTS = 1000
"""Of an account at once: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


@dataclass(frozen=True)
class Topology:
    """A topology for the needs.

    Attributes:
        name: microservices or monolith.
        fits: whether the needs ask for it.
        reason: for or against, with the deciding arithmetic.
        door_usd: USD a month of the front door.
        deployable: whether this project deploys it.
        function: the model, where the function holds it and there are no instances.
        pace: of the average request to that function, which finds an environment.
    """

    name: str
    fits: bool
    reason: str
    door_usd: float
    deployable: bool = True
    function: FunctionModel | None = None
    pace: Pace | None = None


def microservices(needs: Needs, wanted: Demand, best: Option) -> Topology:
    """Return a business tier of functions in front of a model tier with instances of its own."""
    door = _door(needs, wanted, best)
    if needs.api_requests_per_second is not None:
        rest = needs.api_requests_per_second - wanted.rate
        reason = (
            f"{rest:g} of {needs.api_requests_per_second:g} requests a second need no GPU, and "
            f"rules that change {needs.changes} are out in seconds; a monolith would scale GPUs by "
            "CPU load and take 258 to 525 s to start for a change of rules"
        )
    else:
        reason = (
            "the gateway, keys and rules change and scale apart from the GPUs, whose instances "
            "take 258 to 525 s to start"
        )
    return Topology("microservices", True, reason, door)


def is_together(needs: Needs) -> bool:
    """Return whether a network hop decides, and nothing speaks for parts that change apart."""
    limit = needs.answer_seconds
    tight = limit is not None and _HOP_MS[1] / 1000 >= _HOP_SHARE * limit
    return tight and needs.callers == 1 and needs.features_in_memory and needs.changes == "monthly"


def _apart(needs: Needs) -> Iterator[str]:
    """Yield the reasons against one container, none where all parts belong together."""
    limit = needs.answer_seconds
    if limit is None or _HOP_MS[1] / 1000 < _HOP_SHARE * limit:
        whole = "an answer without a limit" if limit is None else f"{limit:g} s"
        yield f"a network hop of {_HOP_MS[1]} ms is less than a tenth of {whole}"
    if needs.callers > 1:
        yield f"{needs.callers} services call"
    if not needs.features_in_memory:
        yield "features are not in memory"
    if needs.changes != "monthly":
        yield f"rules change {needs.changes}"


def one_container(needs: Needs, wanted: Demand, best: Option) -> Topology:
    """Return business logic and model in one container, on an endpoint without a gateway."""
    del best
    carried = wanted.requests * (needs.tokens_in + needs.tokens_out) * TOKEN_BYTES / 1e9
    door = carried * service_price("sagemaker_data_gb", needs.region).usd
    limit = needs.answer_seconds
    if limit is not None and is_together(needs):
        low, high = (ms / 1000 / limit for ms in _HOP_MS)
        reason = (
            f"a network hop of {_HOP_MS[0]} to {_HOP_MS[1]} ms is {low:.0%} to {high:.0%} of "
            f"{1000 * limit:g} ms, features are in memory, one service calls, and all of it "
            "changes monthly"
        )
        return Topology("monolith", True, reason, door, deployable=False)
    return Topology("monolith", False, f"one container: {', '.join(_apart(needs))}", door, False)


def one_function(needs: Needs, wanted: Demand, best: Option) -> Topology:
    """Return the model in the streaming function, which costs nothing while nobody asks."""
    model = best.candidate.serving.model
    held = function_model(model, needs.evaluated)
    first = OVERHEAD + needs.tokens_in * (1 - needs.cached_share) * held.per_prompt_token
    answer = first + (needs.tokens_out - 1) * held.per_token
    warm = Pace(first, held.per_token, answer, wanted.rate * answer)
    late = Pace(first + held.start, held.per_token, answer + held.start, warm.in_flight)
    passage = Passage(
        requests=wanted.requests,
        tokens=wanted.requests * needs.tokens_out,
        tokens_per_second=1 / held.per_token,
        memory_mb=MEMORY_MB,
        # A start is waited for, and paid for, by who comes after a silence.
        held_seconds=first + held.start * exp(-wanted.rate * _KEPT_SECONDS),
        architecture="x86_64",
    )
    usd = total(front_door(passage, needs.region))
    apart = best.usd + _door(needs, wanted, best)
    if not needs.waits or needs.api_requests_per_second is not None or needs.instance is not None:
        reason = "jobs, requests that need no model, or an instance that was asked for"
        return Topology("monolith", False, reason, usd)
    cache = sequence_bytes(model, best.candidate.serving.fit.context)
    misses = [
        *_function_misses(needs, held, warm, cache),
        *latency_misses(needs, late),
    ]
    if not misses and usd >= apart:
        misses = [Miss("price", usd, apart, "USD a month")]
    if misses:
        worst = max(misses, key=lambda miss: miss.got / max(miss.allowed, 1e-9))
        return Topology("monolith", False, f"one function: {worst.sentence}", usd)
    reason = (
        f"one function, {usd:,.2f} USD a month and nothing while nobody asks; {best.name} and its "
        f"door cost {apart:,.0f}. After a silence the first token takes {late.first_token:.3g} s"
    )
    return Topology("monolith", True, reason, usd, function=held, pace=warm)


def _function_misses(
    needs: Needs, held: FunctionModel, warm: Pace, cache_bytes: float
) -> Iterator[Miss]:
    """Yield what a function has too little of: memory, and environments of an account."""
    room = MonolithConfig(memory_mb=MEMORY_MB).room_mb(int(cache_bytes))
    size = held.weights_bytes / 2**20
    if size > room:
        yield Miss(f"{held.format} weights", size / 1024, max(room, 0) / 1024, "GiB")
    callers = max(needs.at_once or 0, warm.in_flight * needs.peak_factor)
    if callers > _ENVIRONMENTS:
        yield Miss("callers at once", callers, _ENVIRONMENTS, "environments")


Propose = Callable[[Needs, Demand, Option], Topology]
CANDIDATES: tuple[Propose, ...] = (one_container, one_function, microservices)
"""Topologies in the order in which they are tried; the last fits always."""


def topologies(needs: Needs, wanted: Demand, best: Option) -> list[Topology]:
    """Return the topologies around the best option of instances, the one that fits first."""
    found = [candidate(needs, wanted, best) for candidate in CANDIDATES]
    return sorted(found, key=lambda topology: not topology.fits)


def _door(needs: Needs, wanted: Demand, best: Option) -> float:
    """Return USD a month; of what nobody waits for, no stream, and of jobs no request at all."""
    kept = best.pace
    in_jobs = best.kind == "batch"
    requests = 0.0 if in_jobs else wanted.requests * (1 if needs.waits else POLLS)
    if needs.api_requests_per_second is not None:
        requests = needs.api_requests_per_second * wanted.hours * 3600
    passage = Passage(
        requests=requests,
        tokens=wanted.requests * needs.tokens_out if kept else 0.0,
        tokens_per_second=1 / kept.per_token if kept else 1.0,
        memory_mb=_MEMORY_MB,
        held_seconds=kept.first_token if kept else OVERHEAD,
    )
    return total(front_door(passage, needs.region))
