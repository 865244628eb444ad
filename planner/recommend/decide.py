"""The decision: needs in, a recommendation out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from planner.errors import PlanError
from planner.models.model import Model
from planner.models.sources import find_model
from planner.prices.price_list import instance_price
from planner.recommend.candidates import Candidate, candidates
from planner.recommend.compare import changes, margins, ranked, runner_up
from planner.recommend.demand import MONTH_HOURS, Demand, demand, open_days
from planner.recommend.needs import Needs
from planner.recommend.offline import asynchronous, batch, in_jobs, takes_jobs
from planner.recommend.option import (
    FIRST_TOKEN_SECONDS,
    PER_TOKEN_MS,
    STREAM_SECONDS,
    Option,
)
from planner.recommend.pace import work
from planner.recommend.realtime import realtime, rests
from planner.recommend.recommendation import Recommendation
from planner.recommend.stage_file import function_file, stage_file
from planner.recommend.starts import START_SECONDS
from planner.recommend.topology import Topology, topologies
from stacks.engines.offers import Use

Size = Callable[[Needs, Demand, Candidate], Option]
Refine = Callable[[list[Option]], list[Option]]

_OF_ONE_CONTAINER = ("callers", "features_in_memory", "changes", "answer_seconds")
_OF_A_DAYS_COURSE = ("bursts_per_day", "peak_factor", "opens", "closes")
_DAY_MINUTES = 24 * 60
_LITTLE_USED, _DEAR_CENTS = 0.05, 1.0


def recommend(
    needs: Needs, *, stage: str = "recommended", config: Path | None = None, refine: Refine = list
) -> Recommendation:
    """Return the deployment that keeps the needs at the lowest price.

    Args:
        needs: without contradictions.
        stage: name of the stage that is written.
        config: config.json of the model, where that is not on this machine.
        refine: replaces options by ones that were simulated.

    Raises:
        PlanError: the model is unknown or fits nowhere, or no instance type keeps the limits.
    """
    model, wanted = find_model(needs.model, config=config), demand(needs)
    sized = refine(_options(needs, wanted, model))
    best = ranked(sized)[0]
    if needs.instance is not None:  # the others are told of, and not taken
        sized += _options(needs.model_copy(update={"instance": None}), wanted, model)
    options = [each for each in sized if each.kind == best.kind]
    topology, other, *rest = topologies(needs, wanted, best)
    if topology.function is not None:
        return _in_function(needs, wanted, best, topology, other, stage)
    notes = (*_notes(needs, wanted, best), *margins(best, options, _limits(needs, best)))
    over = needs.budget_usd_per_month is not None and best.usd > needs.budget_usd_per_month
    return Recommendation(
        needs=needs,
        demand=wanted,
        best=best,
        topology=topology,
        other_topology=other,
        scaling=_scaling(needs, best),
        runner_up=runner_up(best, options),
        alternatives=(
            *_alternatives(needs, wanted, model, best),
            *_other_kinds(best, sized),
            *_monoliths(needs, [other, *rest]),
        ),
        changes=tuple(changes(best, options)),
        notes=notes,
        config=stage_file(needs, best, stage) if topology.deployable else None,
        missed=over,
    )


def _in_function(
    needs: Needs, wanted: Demand, best: Option, topology: Topology, other: Topology, stage: str
) -> Recommendation:
    """Return the recommendation of a function in the place of the best option of instances."""
    held = topology.function
    assert held is not None  # noqa: S101 - it is what was chosen
    usd, apart = topology.door_usd, best.usd + other.door_usd
    equal = wanted.requests / open_days(needs) * best.usd / (usd - other.door_usd)
    budget = needs.budget_usd_per_month
    told, stored = "the speed is an estimate from one published figure", best.candidate.format
    as_stored = f"{told}: measure it once it is deployed"
    packed = f"{told}, and {held.format} was not evaluated as such: measure both once deployed"
    notes = [as_stored if held.format == stored else packed]
    if budget is not None and usd > budget:
        notes.insert(0, f"the budget of {budget:,.0f} USD a month is not kept, at {usd:,.0f}")
    return Recommendation(
        needs=needs,
        demand=wanted,
        best=best,
        topology=topology,
        other_topology=other,
        scaling="by Lambda: an environment for each request at once, and none while nobody asks",
        runner_up=f"{best.name} at {apart:,.0f} USD with its door: loses by {apart - usd:,.0f} USD "
        "a month",
        alternatives=(),
        changes=(f"from about {equal:,.0f} requests a day on, {best.name} is cheaper",),
        notes=tuple(notes),
        config=function_file(needs, best.candidate.serving.fit.context, stage),
        missed=budget is not None and usd > budget,
    )


def _monoliths(needs: Needs, others: list[Topology]) -> Iterator[str]:
    """Yield the limits by which the function, and one container if asked for, lose."""
    asked = [name for name in _OF_ONE_CONTAINER if name in needs.model_fields_set]
    for each in others:
        if "one function" in each.reason:
            yield f"[monolith] loses: {each.reason}"
        elif asked and "one container" in each.reason:
            yield f"a monolith loses: {each.reason}"


def _other_kinds(best: Option, sized: list[Option]) -> Iterator[str]:
    """Yield the cheapest option that keeps every limit in another kind of deployment."""
    others = [each for each in sized if each.kind != best.kind and not each.misses]
    if others:
        other = min(others, key=lambda option: option.usd)
        yield f"{other.kind}, {other.name}: {other.usd:,.0f} USD a month"


def _options(needs: Needs, wanted: Demand, model: Model) -> list[Option]:
    """Return every option: of the kind that the needs ask for, and of jobs where these may be.

    Raises:
        PlanError: the model fits no instance type.
    """
    size, use = _kind(needs)
    found = [size(needs, wanted, each) for each in candidates(needs, model, use)]
    if size is asynchronous and takes_jobs(needs):
        with suppress(PlanError):  # an endpoint has types that jobs have not
            found += [
                in_jobs(needs, wanted, each) for each in candidates(needs, model, "transform")
            ]
    return found


def _kind(needs: Needs) -> tuple[Size, Use]:
    if needs.waits:
        return realtime, "endpoint"
    if needs.rows is not None or (needs.within_minutes or 0) >= _DAY_MINUTES:
        return batch, "transform"
    return asynchronous, "endpoint"


def _scaling(needs: Needs, best: Option) -> str:
    if best.kind == "batch":
        return f"none: {best.name} for as long as a job runs, and no endpoint"
    if best.kind == "asynchronous" and best.least:
        more = f", to {best.most} by backlog" if best.most > best.least else ""
        soon = (needs.within_minutes or math.inf) * 60 <= START_SECONDS
        why = "the result is wanted sooner than a start takes" if soon else "it never rests"
        return f"always on, {best.least}{more}: {why}"
    if best.kind == "asynchronous":
        return f"to zero by backlog, at most {best.most}"
    if needs.sessions_per_week is not None:
        return "to zero between sessions, callers held, at most 1: held requests look like a burst"
    if rests(needs) is not None:
        return (
            f"schedule: {best.least} in the hours, from 15 minutes before; to zero otherwise, "
            "callers held"
        )
    if best.most > best.least:
        return f"concurrency, {best.least} to {best.most}"
    return f"always on, {best.least}"


def _limits(needs: Needs, best: Option) -> list[tuple[str, float, float]]:
    if best.pace is None:
        return []
    kept, found = best.pace, []
    if needs.first_token_seconds or not needs.answer_seconds:
        allowed = needs.first_token_seconds or FIRST_TOKEN_SECONDS
        found.append(("the time to the first token", kept.first_token, allowed))
        allowed = (needs.per_token_ms or PER_TOKEN_MS) / 1000
        found.append(("the time per token", kept.per_token, allowed))
    if needs.answer_seconds:
        found.append(("the whole answer", kept.answer, needs.answer_seconds))
    return found


def _notes(needs: Needs, wanted: Demand, best: Option) -> Iterator[str]:
    if needs.budget_usd_per_month is not None and best.usd > needs.budget_usd_per_month:
        yield (
            f"the budget of {needs.budget_usd_per_month:,.0f} USD a month is not kept: this is the "
            f"cheapest that keeps the limits, at {best.usd:,.0f}"
        )
    if (needs.within_minutes or 0) >= _DAY_MINUTES and (
        idle := [name for name in _OF_A_DAYS_COURSE if name in needs.model_fields_set]
    ):
        yield f"{', '.join(idle)} change nothing: a day's requests wait for one job"
    if needs.sessions_per_week is not None:
        yield "a request a minute is assumed while a session lasts"
    if instance_price(best.candidate.instance, needs.region).derived:
        yield f"the price of {best.candidate.instance} is derived from EC2's, not published"
    if best.kind == "batch" or not best.least or needs.sessions_per_week is not None:
        return
    yield from _hosted(needs, wanted, best)
    if best.kind == "real-time" and not best.candidate.serving.speed.measured:
        yield f"the speed of {best.candidate.instance} is from data sheets, not measured"


def _hosted(needs: Needs, wanted: Demand, best: Option) -> Iterator[str]:
    """Yield that a hosted API is cheaper, where instances that stand ready are hardly used."""
    each = work(best.candidate.serving.speed, needs.tokens_in, needs.tokens_out)
    used, cents = wanted.rate * each / best.least, 100 * best.usd / wanted.requests
    if used < _LITTLE_USED and cents > _DEAR_CENTS:
        zero = "" if rests(needs) else ". Zero is excluded: a start takes 462 to 564 s"
        yield (
            f"do not deploy for this alone: the instance would be busy {used:.1%} of the time, "
            f"and {best.usd:,.0f} USD / {wanted.requests:,.0f} requests = {cents:.1f} cents each: "
            f"a hosted API is cheaper{zero}"
        )


def _alternatives(needs: Needs, wanted: Demand, model: Model, best: Option) -> Iterator[str]:
    """Yield what the same instances would cost, or fail by, in another kind of deployment."""
    always = max(1, best.most if best.kind != "real-time" else best.least)
    usd = always * MONTH_HOURS * best.candidate.usd_per_hour
    if best.kind != "real-time" or rests(needs) is not None:
        yield f"real-time, always on, {always} x {best.candidate.instance}: {usd:,.0f} USD a month"
    if best.kind == "asynchronous" and needs.bursts_per_day:
        each = work(best.candidate.serving.speed, needs.tokens_in, needs.tokens_out)
        burst = wanted.requests / open_days(needs) / needs.bursts_per_day * each / always
        if burst > STREAM_SECONDS:
            yield (
                f"real-time also loses by its limit: a burst takes {burst / 60:.0f} min, and a "
                f"stream ends after {STREAM_SECONDS / 60:g}"
            )
    if best.kind == "batch" and not needs.cached_share:
        yield "a shared instruction with prefix caching divides the prompts' part: set cached_share"
    if best.kind == "real-time":
        yield "beside it, [async] and [batch] take what nobody waits for, and cost nothing at rest"
    if best.kind == "real-time" and needs.evaluated == [] and model.format.name == "bf16":
        yield "4-bit weights take a third of the memory: evaluate them, then set `evaluated`"
