"""The instances of an endpoint: launched, in service, draining, gone, and paid all the while."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from math import inf

import numpy as np

from planner.hardware.catalogue import Delay
from planner.hardware.throughput import Request, Speed
from planner.simulator.instance import NOT_ROUTED, Done, SimulatedInstance


class Fleet:
    """The instances of an endpoint, and routing to the one with the least outstanding requests.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantRoutingConfig.html
    """

    def __init__(
        self,
        speed: Speed,
        *,
        delay: Delay,
        from_zero: Delay,
        patience: float,
        idle_release: float,
        random: np.random.Generator,
        done: list[Done],
    ) -> None:
        """Start without instances.

        Args:
            speed: of each instance.
            delay: until a launched instance is in service.
            from_zero: the same while no other instance is in service.
            patience: seconds a queued request waits for at most.
            idle_release: seconds an instance is still paid for after its copy is gone.
            random: draws the delays.
            done: receives every finished request.
        """
        self._speed, self._delay, self._from_zero = speed, delay, from_zero
        self._patience, self._random, self._done = patience, random, done
        self._idle_release = idle_release
        self.loads: list[int] = []
        self.ends: list[float] = []
        # By slot; a released one stays until its slot is reused.
        self._instances: list[SimulatedInstance] = []
        self._launched: dict[int, float] = {}  # of the slots in use
        self._active: set[int] = set()
        self._draining: set[int] = set()
        self._pending: list[tuple[float, float]] = []  # (in service at, launched at)
        self._idle: list[float] = []  # since when instances hold no copy, oldest first
        self._paid = 0.0

    @property
    def in_service(self) -> int:
        """Instances that take requests."""
        return len(self._active)

    @property
    def paid_now(self) -> int:
        """Instances running, in service or not."""
        return len(self._launched) + len(self._pending) + len(self._idle)

    @property
    def next_ready(self) -> float:
        """Time at which the next launched instance is in service."""
        return self._pending[0][0] if self._pending else inf

    @property
    def starting(self) -> bool:
        """True while any instance is on its way."""
        return bool(self._pending)

    def in_flight(self) -> int:
        """Return the requests on instances, draining ones included."""
        return sum(self._instances[slot].in_flight for slot in self._launched)

    def queued(self) -> int:
        """Return the requests that wait in a container."""
        return sum(len(self._instances[slot].queue) for slot in self._active)

    def kv_use(self) -> float:
        """Return the mean share of the KV cache in use."""
        used = sum(self._instances[slot].kv_use for slot in self._active)
        return used / max(1, self.in_service)

    def open(self, now: float, count: int) -> None:
        """Have instances in service from the start."""
        for _ in range(count):
            self._serve(now)

    def launch(self, now: float, count: int) -> None:
        """Start instances; each takes a delay of its own."""
        delay = self._delay if self.in_service else self._from_zero
        spread = self._random.normal(0.0, delay.spread, count) if delay.spread else np.zeros(count)
        for seconds in delay.median * np.exp(spread):
            heappush(self._pending, (now + float(seconds), now))

    def ready(self, now: float) -> None:
        """Put the launched instances that are due in service."""
        while self._pending and self._pending[0][0] <= now:
            self._serve(heappop(self._pending)[1])

    def _serve(self, launched: float) -> None:
        slot = next((i for i in range(len(self._instances)) if i not in self._launched), None)
        if slot is None:
            slot = len(self._instances)
            self.loads.append(0)
            self.ends.append(inf)
        instance = SimulatedInstance(
            self._speed,
            slot=slot,
            loads=self.loads,
            ends=self.ends,
            done=self._done,
            patience=self._patience,
        )
        self._instances[slot : slot + 1] = [instance]
        self._launched[slot] = launched
        self._active.add(slot)

    def remove(self, now: float, count: int) -> None:
        """Cancel the newest launches, then drain the least loaded instances."""
        for _ in range(min(count, len(self._pending))):
            newest = max(self._pending, key=lambda pending: pending[1])
            self._pending.remove(newest)
            self._paid += now - newest[1]
            count -= 1
        for slot in sorted(self._active, key=self.loads.__getitem__)[:count]:
            self._active.discard(slot)
            self._draining.add(slot)
            self._instances[slot].drain()
        self.release(now)

    def release(self, now: float) -> None:
        """Release drained instances, and those that have been idle long enough."""
        for slot in [s for s in self._draining if self.loads[s] == NOT_ROUTED]:
            self._draining.discard(slot)
            self._paid += now - self._launched.pop(slot)
            self._idle.append(now)
        while self._idle and now - self._idle[0] >= self._idle_release:
            self._idle.pop(0)
            self._paid += self._idle_release

    def dispatch(self, requests: Sequence[Request]) -> None:
        """Route requests as they arrive; there must be an instance in service."""
        loads, ends, instances = self.loads, self.ends, self._instances
        for request in requests:
            while (end := min(ends)) <= request[0]:
                instances[ends.index(end)].complete()
            instances[loads.index(min(loads))].arrive(request)

    def admit(self, now: float, requests: Sequence[Request]) -> None:
        """Route requests that arrived earlier and waited until now."""
        loads = self.loads
        for request in requests:
            self._instances[loads.index(min(loads))].arrive(request, now)

    def complete_until(self, now: float) -> None:
        """Finish every request that ends by `now`."""
        ends = self.ends
        while (end := min(ends, default=inf)) <= now:
            self._instances[ends.index(end)].complete()

    def paid_hours(self, now: float) -> float:
        """Return the instance-hours paid until `now`."""
        running = sum(now - at for at in (*self._launched.values(), *self._idle))
        return (self._paid + running + sum(now - at for _, at in self._pending)) / 3600
