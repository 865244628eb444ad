"""Speeds fitted to a closed-loop measurement, within what the GPU can do at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from planner.hardware.latency import closed_loop, shared_steps
from planner.hardware.throughput import Speed
from planner.workload.runs import Point

Matrix = NDArray[np.float64]
# Of (prompt, step, sequence), what is free; the rest is at its bound.
Choices = tuple[tuple[bool, ...], ...]
_TIMED: Choices = tuple(product((True, False), repeat=3))
_UNTIMED: Choices = (
    (True, True, False),
    (False, True, True),
    (False, True, False),
    (False, False, False),
)
_CACHED: Choices = ((False, True, True), (False, True, False), (False, False, False))
_MOSTLY = 0.5


def fitted(points: Sequence[Point], estimate: Speed, least_prefill: float, source: str) -> Speed:
    """Return the estimate with prefill, step and sequence fitted to a measurement.

    End-to-end seconds are linear in the three while the share of decoding that prompts bring along
    is held: `closed_loop` says how. Where time to the first token was not measured, one shape of
    request cannot tell a prompt's time from a sequence's own, and all of it counts as the prompt's
    as far as the GPU's peak allows; of a prompt that the prefix cache mostly has, none does, and
    data sheets say the prompt's time. Points beyond the slots wait, and are left out.

    Args:
        points: of the measurement.
        estimate: speed from data sheets: its KV cache's share, its experts and its limits are kept.
        least_prefill: fewest seconds per prompt token, from the GPU's peak.
        source: of the measurement, in words.
    """
    within = [p for p in points if p.concurrency <= estimate.slots] or list(points[:1])
    # Of a few levels the step and a sequence's own time tell more than a jump at the second.
    speed = replace(estimate, together=0.0, measured=True, source=source)
    hidden = estimate.cached > _MOSTLY
    timed = any(point.first_token is not None for point in within)
    choices = _CACHED if hidden else _TIMED if timed else _UNTIMED
    for _ in range(4):  # the share that prompts bring along depends on the step, weakly
        rows, seconds = _equations(within, speed)
        least = estimate.prefill if hidden else least_prefill
        lowest = np.array([least * (1 - speed.cached), 0.0, 0.0])
        prompt, step, sequence = _bounded(rows, seconds, lowest, choices)
        prefill = prompt / (1 - speed.cached) if speed.cached < 1 else estimate.prefill
        speed = replace(speed, prefill=prefill, step=step, sequence=sequence)
    return speed


def errors(points: Sequence[Point], speed: Speed) -> list[float]:
    """Return the relative error of end-to-end seconds at each point."""
    return [
        closed_loop(speed, p.concurrency, p.context, p.generated).end_to_end / p.end_to_end - 1
        for p in points
    ]


def _equations(points: Sequence[Point], speed: Speed) -> tuple[Matrix, Matrix]:
    """Return rows of (prompt, step, sequence) and their seconds, each divided by the measured."""
    rows, seconds = [], []
    for point in points:
        count = point.concurrency
        tokens = point.context + point.generated / 2
        step = max(speed.step_seconds(count, tokens), 1e-9)
        shared = shared_steps(speed, count, point.context, step)
        further = max(0.0, point.generated - 1 - shared)
        rest = speed.base(count) - speed.step + count * speed.kv_token * tokens
        rows.append((count * point.context, further, further * count))
        seconds.append(point.end_to_end - further * rest)
        if point.first_token is not None and point.concurrency == 1:
            rows.append((point.context, 0, 0))
            seconds.append(point.first_token)
    measured = np.maximum(np.array(seconds), 1e-9)
    return np.array(rows, dtype=float) / measured[:, None], np.ones(len(rows))


def _bounded(rows: Matrix, seconds: Matrix, lowest: Matrix, choices: Choices) -> tuple[float, ...]:
    """Return the least squares within bounds.

    Of timed prompts, the best among all choices of what stays free; else the first choice within
    bounds, as prompt and sequence cannot be told apart.
    """
    best, least = lowest, np.inf
    for free in choices:
        chosen = np.array(free)
        found = lowest.copy()
        rest = seconds - rows[:, ~chosen] @ lowest[~chosen]
        if chosen.any():
            found[chosen] = np.linalg.lstsq(rows[:, chosen], rest, rcond=None)[0]
        loss = float(np.square(rows @ found - seconds).sum())
        if (found >= lowest - 1e-12).all() and loss < least - 1e-12:
            best, least = found, loss
            if choices is not _TIMED:
                break
    return tuple(float(value) for value in best)
