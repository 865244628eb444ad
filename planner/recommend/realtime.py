"""Real-time options: the fewest instances that keep the latency, and the hours paid for."""

from __future__ import annotations

from collections.abc import Iterator

from planner.recommend.candidates import Candidate
from planner.recommend.demand import MONTH_HOURS, WEEKS, Demand, always_open, scheduled_hours
from planner.recommend.needs import Needs
from planner.recommend.option import Miss, Option, latency_misses
from planner.recommend.pace import OVERHEAD, Pace, pace, work
from planner.recommend.starts import (
    ALARM_SECONDS,
    MEASURED_START,
    RELEASE_SECONDS,
    START_SECONDS,
)
from planner.recommend.topology import is_together

MOST = 100
"""Instances that config lets a stage have."""

_REDUNDANT_RATE = 1.0
"""Requests a second from which one instance may fail where several services call: two at least."""

_START_SPREAD = 0.12


def realtime(needs: Needs, wanted: Demand, candidate: Candidate) -> Option:
    """Return the option of a real-time endpoint."""
    peak = wanted.rate * needs.peak_factor
    found = _smallest(needs, peak, candidate)
    count, kept, misses = found
    mean, _, _ = _smallest(needs, wanted.rate, candidate)
    always = rests(needs) is None
    redundant = always and wanted.rate >= _REDUNDANT_RATE and needs.callers > 1
    least = max(2, mean) if redundant else mean
    spare = 1 if needs.sessions_per_week else max(least, count, 2 * least if least > 1 else 1)
    most = min(MOST, spare)
    hours, line = _hours(needs, least)
    usd = candidate.usd_per_hour
    sums = (
        *_sums(needs, peak, candidate, count, kept),
        f"{line} x {usd:g} = {hours * usd:,.0f} USD",
    )
    missed = (*misses, *_start_misses(needs, candidate), *_room_misses(needs, candidate, count))
    return Option(
        kind="real-time",
        candidate=candidate,
        least=least,
        most=most,
        hours=hours,
        pace=kept,
        misses=missed,
        sums=sums,
    )


def rests(needs: Needs) -> str | None:
    """Return in words when the endpoint may be at zero, or None where an instance always runs."""
    if needs.sessions_per_week is not None:
        return "between sessions"
    if not always_open(needs) and needs.outside_hours != "at-once":
        return "outside of the hours"
    return None


def _smallest(
    needs: Needs, rate: float, candidate: Candidate
) -> tuple[int, Pace | None, tuple[Miss, ...]]:
    """Return the fewest instances that keep the limits; else one alone, with what it misses."""
    speed, sizes = candidate.serving.speed, (needs.tokens_in, needs.tokens_out)
    overhead = 0.0 if is_together(needs) else OVERHEAD
    for count in range(1, MOST + 1):
        kept = pace(speed, rate / count, *sizes, overhead)
        if kept is not None and not [*latency_misses(needs, kept)]:
            return count, kept, ()
    alone = pace(speed, rate / MOST, *sizes, overhead)
    if alone is None:
        needed = rate * work(speed, *sizes)
        return MOST, None, (Miss("full", max(needed, MOST + 1), MOST, "instances"),)
    return 1, alone, tuple(latency_misses(needs, alone))


def _room_misses(needs: Needs, candidate: Candidate, count: int) -> Iterator[Miss]:
    """Yield the KV cache that does not hold the most requests at once."""
    wanted = (needs.at_once or 0) * (needs.tokens_in + needs.tokens_out)
    held = count * candidate.serving.speed.kv_tokens
    if wanted > held:
        yield Miss(f"{needs.at_once} requests at once", wanted, held, "tokens of KV cache")


def _start_misses(needs: Needs, candidate: Candidate) -> Iterator[Miss]:
    """Yield a start, measured on another type, that has less slack than spread."""
    longest = needs.longest_start_minutes
    if rests(needs) is None or longest is None or candidate.instance == MEASURED_START:
        return
    surely = START_SECONDS * (1 + _START_SPREAD) / 60
    if surely > longest:
        yield Miss(f"start, only measured on {MEASURED_START}, up to", surely, longest, "min")


def _hours(needs: Needs, least: int) -> tuple[float, str]:
    """Return the instance-hours of a month, and how these come about."""
    if needs.sessions_per_week is not None and needs.session_minutes is not None:
        minutes = (START_SECONDS + ALARM_SECONDS + RELEASE_SECONDS) / 60 + needs.session_minutes
        sessions = needs.sessions_per_week * WEEKS
        hours = min(MONTH_HOURS, sessions * minutes / 60)
        return hours, (
            f"({START_SECONDS / 60:.1f} min start + {needs.session_minutes:g} + "
            f"{ALARM_SECONDS / 60:g} alarm + {RELEASE_SECONDS / 60:g} release) x {sessions:.1f} "
            f"sessions = {hours:.1f} h"
        )
    if rests(needs) is not None:
        hours = least * scheduled_hours(needs)
        return (
            hours,
            f"{least} x {scheduled_hours(needs):.0f} h, from 15 min before the hours",
        )
    return least * MONTH_HOURS, f"{least} x {MONTH_HOURS:g} h"


def _sums(
    needs: Needs, rate: float, candidate: Candidate, count: int, kept: Pace | None
) -> Iterator[str]:
    speed = candidate.serving.speed
    prompt = needs.tokens_in * (1 - speed.cached) * speed.prefill
    yield f"a prompt of {needs.tokens_in} tokens is read in {prompt:.3g} s ({speed.source})"
    if needs.at_once:
        total = needs.at_once * (needs.tokens_in + needs.tokens_out)
        yield (
            f"{needs.at_once} at once x {needs.tokens_in + needs.tokens_out} = {total:,} of "
            f"{speed.kv_tokens:,} tokens of KV cache"
        )
    if kept is None:
        return
    yield (
        f"{rate / count:.3g} requests a second x {kept.answer:.3g} s = {kept.in_flight:.1f} in "
        f"flight on each of {count}: first token {kept.first_token:.3g} s, then "
        f"{1000 * kept.per_token:.3g} ms a token"
    )
