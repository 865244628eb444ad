"""Options for which nobody waits: an asynchronous endpoint, and batch transform jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from planner.hardware.roofline import LARGEST_ERROR
from planner.recommend.candidates import Candidate
from planner.recommend.demand import MONTH_HOURS, Demand, always_open, day_share, open_days
from planner.recommend.needs import Needs
from planner.recommend.option import REQUEST_SECONDS, Miss, Option
from planner.recommend.pace import work
from planner.recommend.starts import ALARM_SECONDS, RELEASE_SECONDS, START_SECONDS

_LEAST_WINDOW = 1.0
"""Hours of a job below which its instances would mostly start and stop."""

_MOST, _MOST_BURSTS = 100, 48.0


def asynchronous(needs: Needs, wanted: Demand, candidate: Candidate) -> Option:
    """Return the option of an asynchronous endpoint that goes to zero between bursts.

    Where the result is wanted sooner than an instance starts, instances always run; and where
    requests come one by one, sooner than an idle instance is noticed.
    """
    if needs.bursts_per_day is None and wanted.rate * ALARM_SECONDS > 1:
        return _steady(needs, wanted, candidate)
    each = work(candidate.serving.speed, needs.tokens_in, needs.tokens_out)
    days = open_days(needs)
    daily = wanted.requests / days
    bursts = needs.bursts_per_day or min(_MOST_BURSTS, daily)
    queued = daily / bursts
    allowed = (needs.within_minutes or 24 * 60) * 60
    busy, stays = queued * each, allowed <= START_SECONDS
    start = 0.0 if stays else START_SECONDS
    left = min(allowed, 24 * 3600 * day_share(needs) / bursts) - start
    count = _count(busy * _safety(candidate), left)
    idle = (START_SECONDS + ALARM_SECONDS + RELEASE_SECONDS) * count
    always = MONTH_HOURS * count
    hours = always if stays else min(always, days * bursts * (busy + idle) / 3600)
    last = start + busy / count
    late = (Miss("last result", last / 60, allowed / 60, "min"),) if last > allowed else ()
    usd = candidate.usd_per_hour
    span = f"{count} x {MONTH_HOURS:g} h"
    if hours < always:
        each_burst = f"{busy / 3600:.2f} h of work + {count} x {idle / count / 60:.0f} min of start"
        span = f"{days:.1f} days x {bursts:g} bursts x ({each_burst}, alarm and release)"
    queue = f"{queued:.0f} request{'s' if queued >= 1.5 else ''} at once"
    return Option(
        kind="asynchronous",
        candidate=candidate,
        least=count if stays else 0,
        most=count,
        hours=hours,
        misses=(*late, *_too_slow(needs, candidate, each)),
        sums=(
            _work_line(needs, candidate, each),
            f"{queue} x {each:.3g} s / {count} + {start / 60:.1f} min of start = {last / 60:.0f} "
            "min to the last result",
            f"{span} = {hours:.0f} h x {usd:g} = {hours * usd:,.0f} USD",
        ),
    )


def _steady(needs: Needs, wanted: Demand, candidate: Candidate) -> Option:
    """Return the option of an asynchronous endpoint for a steady stream of requests.

    An instance rests only while the service is closed. What gathers in its start is worked off in
    turn: with as many instances as the stream keeps busy, nobody waits longer than the first.
    """
    each = work(candidate.serving.speed, needs.tokens_in, needs.tokens_out)
    busy, allowed = wanted.rate * each, (needs.within_minutes or 24 * 60) * 60
    rests = allowed > START_SECONDS and not always_open(needs)
    count = _count(busy * _safety(candidate), 1.0)
    peak = max(count, _count(busy * _safety(candidate) * needs.peak_factor, 1.0))
    least = 0 if rests else peak if allowed <= START_SECONDS else count
    ends = (START_SECONDS + ALARM_SECONDS + RELEASE_SECONDS) / 3600
    hours = count * (wanted.hours + open_days(needs) * ends) if rests else least * MONTH_HOURS
    full, usd = each * _room(needs, candidate), candidate.usd_per_hour
    last = full + (START_SECONDS if rests else 0.0)
    late = [Miss("instances", busy, peak, "busy")] if busy > peak else []
    late += [Miss("last result", last / 60, allowed / 60, "min")] if last > allowed else []
    waits = f"; who comes at the start waits {last / 60:.1f} min" if rests else ""
    span = (
        f"{count} x ({wanted.hours:.0f} h open + {open_days(needs):.1f} days x {ends:.2f} h of "
        f"start, alarm and release)"
        if rests
        else f"{least} x {MONTH_HOURS:g} h"
    )
    return Option(
        kind="asynchronous",
        candidate=candidate,
        least=least,
        most=peak,
        hours=hours,
        misses=(*late, *_too_slow(needs, candidate, each)),
        sums=(
            _work_line(needs, candidate, each),
            f"{wanted.rate:.3g} requests a second x {each:.3g} s = {busy:.3g} of {count} busy: one "
            f"comes before an idle instance is noticed; a full one answers in {full:.3g} s{waits}",
            f"{span} = {hours:.0f} h x {usd:g} = {hours * usd:,.0f} USD",
        ),
    )


def batch(needs: Needs, wanted: Demand, candidate: Candidate) -> Option:
    """Return the option of transform jobs, whose instances live as long as a job."""
    each = work(candidate.serving.speed, needs.tokens_in, needs.tokens_out)
    runs = needs.runs_per_month if needs.rows else open_days(needs)
    rows = needs.rows or max(1, round(wanted.requests / runs))
    window = needs.window_hours or 24.0
    busy = rows * each / 3600
    left = window - START_SECONDS / 3600
    count = _count(busy * _safety(candidate), left)
    run = busy + count * START_SECONDS / 3600
    last = busy / count + START_SECONDS / 3600
    late = (Miss("window", last, window, "h"),) if last > window else ()
    usd = candidate.usd_per_hour
    return Option(
        kind="batch",
        candidate=candidate,
        least=count,
        most=count,
        hours=run * runs,
        misses=(*late, *_too_slow(needs, candidate, each)),
        sums=(
            _work_line(needs, candidate, each),
            f"{rows:,} rows x {each:.3g} s = {busy:.1f} h of GPU in {window:.3g} h: {count} "
            f"instance{'s' if count > 1 else ''}, {LARGEST_ERROR:.0%} of error of an estimate "
            "allowed for",
            f"{run:.1f} h with starts x {usd:g} = {run * usd:,.0f} USD a run",
        ),
    )


def takes_jobs(needs: Needs) -> bool:
    """Return whether steady requests may be gathered, and worked off in jobs."""
    steady = needs.bursts_per_day is None and needs.rows is None and not needs.waits
    return steady and _job_hours(needs) >= _LEAST_WINDOW


def in_jobs(needs: Needs, wanted: Demand, candidate: Candidate) -> Option:
    """Return the option of transform jobs over a steady stream of requests.

    Half of the time allowed gathers requests, the other half works them off.
    """
    window = _job_hours(needs)
    jobs = open_days(needs) * ceil(24 * day_share(needs) / window)
    rows = max(1, round(wanted.requests / jobs))
    changed = {"rows": rows, "window_hours": window, "runs_per_month": jobs}
    found = batch(needs.model_copy(update=changed), wanted, candidate)
    gathered = f"a job each {window:g} h over what came since, {rows:,} requests on average"
    return replace(found, sums=(gathered, *found.sums))


def _job_hours(needs: Needs) -> float:
    return (needs.within_minutes or 0.0) / 60 / 2


def _count(busy: float, left: float) -> int:
    return min(_MOST, max(1, ceil(busy / left))) if left > 0 else _MOST


def _safety(candidate: Candidate) -> float:
    """Return the factor for which instances are counted: the largest error of an estimate."""
    return 1.0 if candidate.serving.speed.measured else 1 + LARGEST_ERROR


def _room(needs: Needs, candidate: Candidate) -> int:
    """Return how many requests an instance holds at once."""
    speed = candidate.serving.speed
    return max(1, min(speed.slots, speed.kv_tokens // (needs.tokens_in + needs.tokens_out)))


def _too_slow(needs: Needs, candidate: Candidate, each: float) -> Iterator[Miss]:
    """Yield the run of a request on a full instance that SageMaker ends."""
    full = each * _room(needs, candidate)
    if full > REQUEST_SECONDS:
        yield Miss("one request", full / 60, REQUEST_SECONDS / 60, "min")


def _work_line(needs: Needs, candidate: Candidate, each: float) -> str:
    speed = candidate.serving.speed
    return (
        f"{needs.tokens_in} tokens in, {needs.tokens_out} out, {_room(needs, candidate)} at once "
        f"in {speed.kv_tokens:,} tokens of KV cache: {each:.3g} s of an instance each "
        f"({speed.source})"
    )
