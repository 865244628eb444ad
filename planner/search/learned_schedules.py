"""Capacity from known traffic: a clairvoyant's steps, and schedules learnt from yesterday."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from autoscaling.activity import Activity
from autoscaling.metric import Metric
from autoscaling.schedule import ScheduledAction
from planner.hardware.demand import WINDOW, Survey

Counts = NDArray[np.int64]
DAY_SECONDS = 86_400
_NEIGHBOURS = 2


def needed(survey: Survey, utilization: float, *, windows: int = 1) -> Counts:
    """Return the instances each minute needs.

    Args:
        survey: of the traffic.
        utilization: share of an instance's GPU time to fill, above 0 and at most 1.
        windows: minutes a burst of work may be spread over.
    """
    work = survey.work
    if windows > 1:
        work = np.convolve(work, np.ones(windows) / windows, mode="same")
    return np.maximum(1, np.ceil(work / (WINDOW * utilization))).astype(np.int64)


def _intervals(active: NDArray[np.bool_], shortest_gap: float) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of the runs of True, bridging gaps shorter than `shortest_gap`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], active.astype(np.int8), [0]))))
    start = end = None
    for first, last in edges.reshape(-1, 2):
        if end is not None and first - end < shortest_gap:
            end = int(last)
            continue
        if start is not None and end is not None:
            yield start, end
        start, end = int(first), int(last)
    if start is not None and end is not None:
        yield start, end


class Clairvoyant:
    """A controller that knows the traffic and every delay, and starts each instance just in time.

    An instance is kept through a gap when starting it anew would cost more than idling.
    """

    def __init__(self, counts: Counts, start: float, delay: float) -> None:
        """Turn counts into steps, each as early as a start takes.

        Args:
            counts: instances needed per minute.
            start: epoch seconds of the first minute.
            delay: seconds an instance takes to be in service.
        """
        steps: list[tuple[float, int]] = []
        self.instances = 0  # in service at the start: what could not be started in time
        for level in range(1, int(counts.max()) + 1):
            for first, last in _intervals(counts >= level, delay / WINDOW):
                if first * WINDOW < delay:
                    self.instances += 1
                else:
                    steps.append((start + first * WINDOW - delay, 1))
                if last < len(counts):
                    steps.append((start + last * WINDOW, -1))
        self._steps = sorted(steps)

    @property
    def metrics(self) -> frozenset[Metric]:
        """No metrics: a clairvoyant needs none."""
        return frozenset()

    @property
    def due(self) -> float:
        """Time of the next step."""
        return self._steps[0][0] if self._steps else math.inf

    def record(self, metric: Metric, end: float, value: float) -> None:
        """Ignore the datapoint."""

    def fulfilled(self, now: float) -> None:
        """Ignore the end of a change."""

    def advance(self, now: float, capacity: int) -> list[Activity]:
        """Take the steps whose time has come."""
        change = 0
        while self._steps and self._steps[0][0] <= now:
            change += self._steps.pop(0)[1]
        return [Activity(at=now, cause="foreseen", before=capacity, after=capacity + change)]


def learnt_schedules(
    yesterday: Survey, utilization: float, *, lead: float, most: int, slot_minutes: int = 15
) -> tuple[ScheduledAction, ...]:
    """Return a daily minimum for each stretch of the day, from the same stretch of yesterday.

    Args:
        yesterday: traffic of a day.
        utilization: share of an instance's GPU time to fill.
        lead: seconds by which a higher minimum comes early, for instances to be in service.
        most: no minimum is higher.
        slot_minutes: length of a stretch; AWS allows 200 actions on a target.
    """
    slots = np.minimum(_by_slot(yesterday, utilization, slot_minutes), most)
    minutes = np.repeat(slots, slot_minutes)
    floors = np.max([np.roll(minutes, -early) for early in range(math.ceil(lead / 60) + 1)], axis=0)
    changes = np.flatnonzero(floors != np.roll(floors, 1))
    always = np.zeros(1, dtype=np.int64)
    minutes = changes if len(changes) else always
    return tuple(_daily(int(minute), int(floors[minute])) for minute in minutes)


def _daily(minute: int, least: int) -> ScheduledAction:
    hour, minute = divmod(minute, 60)
    return ScheduledAction(
        name=f"learnt-{hour:02}{minute:02}",
        schedule=f"cron({minute} {hour} * * ? *)",
        min_capacity=least,
    )


def _by_slot(yesterday: Survey, utilization: float, slot_minutes: int) -> Counts:
    """Return the instances the mean minute of each slot of the day needs.

    A slot counts as the median around its neighbours: a burst will not come at the same time.
    """
    minutes = (yesterday.start % DAY_SECONDS) // 60 + np.arange(len(yesterday.work))
    slots = (minutes // slot_minutes % (1440 // slot_minutes)).astype(int)
    work = np.bincount(slots, weights=yesterday.work, minlength=1440 // slot_minutes)
    seen = np.maximum(1, np.bincount(slots, minlength=len(work)))
    around = range(-_NEIGHBOURS, _NEIGHBOURS + 1)
    typical = np.median([np.roll(work / seen, slots) for slots in around], axis=0)
    return np.maximum(1, np.ceil(typical / (WINDOW * utilization))).astype(np.int64)
