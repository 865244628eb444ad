"""The discrete-event simulation: traffic against an endpoint that a controller scales."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from math import inf
from typing import Protocol

import numpy as np

from autoscaling.activity import Activity
from autoscaling.metric import Metric
from planner.simulator.cold_start import Gateway
from planner.simulator.endpoint import Endpoint
from planner.simulator.fleet import Fleet
from planner.simulator.instance import Done
from planner.simulator.metrics import TICK, MetricSampler
from planner.simulator.outcome import Outcome, Recorder
from planner.workload.trace import CHUNK, Arrivals

QUANTILES = (0.5, 0.95, 0.99)


class Controller(Protocol):
    """The rules that decide the capacity, such as `autoscaling.scaler.Scaler`."""

    @property
    def metrics(self) -> frozenset[Metric]:
        """Metrics to record."""

    @property
    def due(self) -> float:
        """Time of the next decision."""

    def record(self, metric: Metric, end: float, value: float) -> None:
        """Take a datapoint."""

    def fulfilled(self, now: float) -> None:
        """Take note that the last change is done."""

    def advance(self, now: float, capacity: int) -> list[Activity]:
        """Decide on the capacity."""


class Simulation:
    """A run of a controller over some traffic."""

    def __init__(
        self, name: str, endpoint: Endpoint, controller: Controller, *, instances: int, start: float
    ) -> None:
        """Set the endpoint up with instances in service.

        Args:
            name: of the policy.
            endpoint: engine and instances that serve.
            controller: rules that scale.
            instances: in service at the start.
            start: epoch seconds of the start.
        """
        self._name, self._endpoint, self._controller = name, endpoint, controller
        self._capacity = self._peak = instances
        self._now = self._start = start
        self._done: list[Done] = []
        self._fleet = Fleet(
            endpoint.speed,
            delay=endpoint.delay,
            from_zero=endpoint.from_zero,
            patience=endpoint.objective.limit,
            idle_release=endpoint.idle_release,
            random=np.random.default_rng(endpoint.seed),
            done=self._done,
        )
        self._fleet.open(start, instances)
        self._recorder = Recorder(endpoint.objective, endpoint.overhead, start)
        self._gateway = Gateway(endpoint.cold_start, self._recorder)
        self._sampler = MetricSampler(self._fleet, controller, self._done, start)
        self._changes = 0
        self._settled = inf  # when the change under way is fulfilled, launches aside
        self._tick = (start // TICK + 1) * TICK
        self._next = self._tick

    def run(self, traffic: Iterable[Arrivals], end: float | None = None) -> Outcome:
        """Play the traffic, until `end` where given, and finish all that is in flight.

        Returns:
            Latencies of all requests; instances are paid until the end of the traffic.
        """
        for arrivals in traffic:
            self._play(self._fitting(arrivals))
        end = self._now if end is None else end
        self._catch_up(end)
        hours = self._fleet.paid_hours(end)
        self._finish()
        return self._outcome(hours)

    def _play(self, arrivals: Arrivals) -> None:
        """Serve requests in the stretches between other events."""
        times, requests = arrivals.times, list(self._endpoint.speed.requests(arrivals))
        position = 0
        while position < len(times):
            self._now = float(times[position])
            self._catch_up(self._now)
            until = int(np.searchsorted(times, self._next))
            if self._fleet.in_service:
                self._fleet.dispatch(requests[position:until])
                self._sampler.arrived(times[position:until])
            else:
                self._sampler.no_capacity()
                self._gateway.arrive(requests[position:until], times[position:until])
            position = until
        if position:
            self._now = float(times[-1])

    def _fitting(self, arrivals: Arrivals) -> Arrivals:
        """Leave out, as too long, the requests that the engine refuses or can never hold."""
        fits = arrivals.context + arrivals.generated <= self._endpoint.speed.longest
        if fits.all():
            return arrivals
        self._recorder.fail("too long", arrivals.times[~fits])
        return Arrivals(arrivals.times[fits], arrivals.context[fits], arrivals.generated[fits])

    def _catch_up(self, now: float) -> None:
        """Do everything that is due by `now`, in order."""
        while (at := self._next) <= now:
            self._fleet.complete_until(at)
            if at >= self._fleet.next_ready:
                self._serve_new(at)
            if at >= self._settled and not self._fleet.starting:
                self._settled = inf
                self._controller.fulfilled(at)
                self._decide(at)
            if at >= self._tick:
                self._take_stock(at)
            if at >= self._controller.due:
                self._decide(at)
            settled = inf if self._fleet.starting else self._settled
            self._next = min(self._tick, self._fleet.next_ready, settled, self._controller.due)

    def _serve_new(self, now: float) -> None:
        self._fleet.ready(now)
        self._peak = max(self._peak, self._fleet.in_service)
        waited = self._gateway.open(now)
        self._fleet.admit(now, waited)
        self._sampler.arrived(np.full(len(waited), now))

    def _take_stock(self, now: float) -> None:
        self._sampler.tick(now)
        self._fleet.release(now)
        self._recorder.timeline.add_instances(
            now - TICK, now, paid=self._fleet.paid_now, serving=self._fleet.in_service
        )
        if len(self._done) >= CHUNK:
            self._flush()
        self._tick += TICK

    def _flush(self) -> None:
        self._recorder.add(self._done)
        self._sampler.flushed()
        self._done.clear()

    def _decide(self, now: float) -> None:
        """Carry out the controller's decisions."""
        for activity in self._controller.advance(now, self._capacity):
            if not activity.changes_capacity:
                continue
            self._changes += 1
            change = activity.after - activity.before
            self._capacity = activity.after
            if change > 0:
                self._fleet.launch(now, change)
                self._settled = now
            else:
                self._fleet.remove(now, -change)
                self._settled = now + self._endpoint.scale_in

    def _finish(self) -> None:
        self._fleet.complete_until(sys.float_info.max)
        self._flush()
        self._gateway.close()

    def _outcome(self, hours: float) -> Outcome:
        seen = self._recorder
        return Outcome(
            policy=self._name,
            requests=seen.requests,
            within=seen.within / max(1, seen.requests),
            errors=seen.errors,
            put_off=seen.put_off_count,
            first_token=_quantiles(seen.first_token.quantile),
            end_to_end=_quantiles(seen.end_to_end.quantile),
            per_token=_quantiles(seen.per_token.quantile),
            instance_hours=hours,
            gpu_hours=hours * self._endpoint.gpus,
            usd=hours * self._endpoint.usd_per_hour,
            peak=self._peak,
            activities=self._changes,
            timeline=seen.timeline,
        )


def _quantiles(quantile: Callable[[float], float]) -> tuple[float, float, float]:
    p50, p95, p99 = (quantile(share) for share in QUANTILES)
    return p50, p95, p99
