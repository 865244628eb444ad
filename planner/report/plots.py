"""Pictures of outcomes: requests, instances and latency over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from planner.simulator.outcome import Objective, Outcome

mpl.use("Agg")

# Latencies drawn at most: of a day, one for 10 minutes.
_POINTS = 144
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def timeline_png(outcomes: Sequence[Outcome], objective: Objective) -> bytes:
    """Draw requests per second, instances paid for and p95 to the first token, as a PNG."""
    figure = Figure(figsize=(9, 7), layout="constrained")
    traffic, instances, latency = figure.subplots(3, 1, sharex=True)
    for outcome, colour in zip(outcomes, _COLOURS * len(outcomes), strict=False):
        line, times = outcome.timeline, _times(outcome)
        used, width = line.used, line.width
        if outcome is outcomes[0]:
            traffic.plot(times, line.requests[:used] / width, color="#555555", linewidth=0.9)
        instances.step(times, line.instances[:used] / width, color=colour, linewidth=1.1)
        bins = math.ceil(used / _POINTS)
        latency.plot(times[::bins], _gaps(outcome, bins), color=colour, linewidth=1.1)
        latency.lines[-1].set_label(outcome.policy)
    latency.axhline(objective.first_token, color="#999999", linestyle="--", linewidth=0.8)
    latency.set_yscale("log")
    for axes, label in (
        (traffic, "requests per second"),
        (instances, "instances paid for"),
        (latency, "first token, p95 (s)"),
    ):
        _dress(axes, label)
    figure.legend(loc="outside lower center", fontsize=9, ncols=4, frameon=False)
    return _png(figure)


def trade_off_png(outcomes: Sequence[Outcome], share: float) -> bytes:
    """Draw the share within the objective against instance-hours, one point a policy, as a PNG."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for outcome, colour in zip(outcomes, _COLOURS * len(outcomes), strict=False):
        axes.scatter(outcome.instance_hours, 100 * outcome.within, color=colour, zorder=3)
        axes.annotate(
            outcome.policy,
            (outcome.instance_hours, 100 * outcome.within),
            xytext=(5, -9),
            textcoords="offset points",
            fontsize=8,
        )
    axes.axhline(100 * share, color="#999999", linestyle="--", linewidth=0.8)
    axes.set_xlabel("instance-hours")
    _dress(axes, "requests within the objective (%)")
    return _png(figure)


def _times(outcome: Outcome) -> list[datetime]:
    line = outcome.timeline
    return [datetime.fromtimestamp(line.start + i * line.width, UTC) for i in range(line.used)]


def _gaps(outcome: Outcome, bins: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the latencies of the line, with gaps at bins without requests."""
    seconds = outcome.timeline.first_token_quantiles(0.95, bins)
    return np.where(seconds > 0, seconds, np.nan)


def _dress(axes: Axes, label: str) -> None:
    axes.set_ylabel(label, fontsize=9)
    axes.grid(visible=True, linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if label != "requests within the objective (%)":
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    # Without the writer's version and date, the same outcome makes the same bytes.
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()
