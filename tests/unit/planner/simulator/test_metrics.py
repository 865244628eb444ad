"""Metrics as a controller is told of them."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from autoscaling.metric import Metric
from planner.hardware.catalogue import Delay
from planner.hardware.throughput import Speed
from planner.policies.policy import METRICS, NO_CAPACITY
from planner.simulator.fleet import Fleet
from planner.simulator.instance import Done
from planner.simulator.metrics import TICK, MetricSampler

SPEED = Speed(prefill=0.0, step=1.0, sequence=0, kv_token=0, slots=2, kv_tokens=100, measured=False)
CONCURRENCY, INVOCATIONS = METRICS["concurrency"], METRICS["invocations"]
QUEUED, KV_USE = METRICS["queued-requests"], METRICS["kv-cache-use"]


class Listener:
    def __init__(self, *metrics: Metric) -> None:
        self.metrics = frozenset(metrics)
        self.told: dict[Metric, list[tuple[float, float]]] = {metric: [] for metric in metrics}

    def record(self, metric: Metric, end: float, value: float) -> None:
        self.told[metric].append((end, value))


class World:
    """A fleet, and a sampler that tells a listener of it."""

    def __init__(self, instances: int, *metrics: Metric) -> None:
        done: list[Done] = []
        self.fleet = Fleet(
            SPEED,
            delay=Delay(100, 0),
            from_zero=Delay(100, 0),
            patience=inf,
            idle_release=0,
            random=np.random.default_rng(0),
            done=done,
        )
        self.fleet.open(0.0, instances)
        self.listener = Listener(*metrics)
        self.sampler = MetricSampler(self.fleet, self.listener, done, 0.0)

    def offer(self, *requests: tuple[float, int]) -> None:
        """Route (arrival, generated tokens); a token takes a second."""
        self.fleet.dispatch([(at, 0.0, 0.0, 25, tokens) for at, tokens in requests])
        self.sampler.arrived(np.array([at for at, _ in requests]))

    def pass_to(self, end: float) -> None:
        now = TICK
        while now <= end:
            self.fleet.complete_until(now)
            self.sampler.tick(now)
            now += TICK


def test_concurrency_is_the_mean_over_time_and_instances() -> None:
    world = World(2, CONCURRENCY)
    world.offer((0.0, 6), (0.0, 11))  # 5 s on one instance, 10 s on the other
    world.pass_to(20)
    assert world.listener.told[CONCURRENCY] == [(10, pytest.approx(0.75)), (20, pytest.approx(0))]


def test_invocations_add_up_over_a_minute() -> None:
    world = World(2, INVOCATIONS)
    world.offer((1.0, 2), (2.0, 2), (3.0, 2))
    world.pass_to(60)
    assert world.listener.told[INVOCATIONS] == [(60, 1.5)]


def test_the_engines_own_metrics_are_averaged() -> None:
    world = World(1, QUEUED, KV_USE)
    world.offer((0.0, 61), (0.0, 61), (0.0, 61))  # two slots: one request waits
    world.pass_to(60)
    # At 60 s both slots fall free, and the third request takes one.
    assert world.listener.told[QUEUED] == [(60, pytest.approx(5 / 6))]
    assert world.listener.told[KV_USE] == [(60, pytest.approx((5 * 0.5 + 0.25) / 6))]


def test_at_zero_instances_only_failures_are_published() -> None:
    world = World(0, CONCURRENCY, NO_CAPACITY)
    world.pass_to(20)
    world.sampler.no_capacity()
    world.sampler.tick(30)
    assert world.listener.told == {CONCURRENCY: [], NO_CAPACITY: [(30, 1.0)]}
