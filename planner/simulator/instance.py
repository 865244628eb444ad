"""One instance: a queue in front of an engine with continuous batching and chunked prefill.

Sequences decode at one common speed that depends on the batch, so they finish in the order of their
remaining tokens. A virtual clock counts steps: a sequence joins with the count at which it will be
done, and a heap of these counts is all there is to keep. While prompts are read, a step makes a
token for every sequence too, but takes as long as the arithmetic of its part of the prompts: the
virtual clock has two paces, and the time of a first token is known on admission. Each request
costs O(log batch).
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from math import inf

from planner.hardware.throughput import Request, Speed

NOT_ROUTED = 1 << 40
"""Load of a slot that takes no new request: more than any real one."""

Done = tuple[float, float, float, int]
"""(arrival, first token, end, generated tokens); the first token is infinity if it never came."""


class SimulatedInstance:
    """An instance in a slot of a fleet; it writes its load and next completion into its lists."""

    __slots__ = (
        "_at",
        "_base",
        "_chunk",
        "_count",
        "_done",
        "_ends",
        "_free_kv",
        "_heap",
        "_kv_tokens",
        "_loads",
        "_pace",
        "_patience",
        "_slot",
        "_slots",
        "_step",
        "_until",
        "_weights",
        "queue",
    )

    def __init__(
        self,
        speed: Speed,
        *,
        slot: int,
        loads: list[int],
        ends: list[float],
        done: list[Done],
        patience: float,
    ) -> None:
        """Start idle.

        Args:
            speed: of its engine.
            slot: index into the two lists.
            loads: requests in flight per slot, queued ones included.
            ends: time of the next completion per slot.
            done: receives every finished request.
            patience: seconds after which a request still queued is dropped: its caller is gone.
        """
        self._slot, self._loads, self._ends, self._done = slot, loads, ends, done
        self._patience = patience
        self._at = 0.0  # time of the last event
        self._count = 0.0  # steps done at `_at`: the virtual clock
        self._until = 0.0  # when all prompts admitted so far have been read
        self._pace = 1.0  # seconds of a step until then
        # Seconds of a step by sequences, and what those of the batch as it is add.
        self._base = [speed.base(count) for count in range(speed.slots + 1)]
        self._step, self._weights = self._base[0], 0.0
        self._chunk = max(speed.step_tokens * speed.prefill, 1e-12)  # seconds of a full chunk
        self._kv_tokens = self._free_kv = speed.kv_tokens
        self._slots = speed.slots
        # (count at its end, first token, request)
        self._heap: list[tuple[float, float, Request]] = []
        self.queue: deque[Request] = deque()
        loads[slot], ends[slot] = 0, inf

    @property
    def kv_use(self) -> float:
        """Share of the KV cache that is reserved, 0 to 1."""
        return 1 - self._free_kv / self._kv_tokens

    @property
    def in_flight(self) -> int:
        """Requests decoding or queued."""
        return len(self._heap) + len(self.queue)

    def arrive(self, request: Request, now: float | None = None) -> None:
        """Take a request, at the time of its arrival unless another is given."""
        self._loads[self._slot] += 1
        if self.queue or request[3] > self._free_kv or len(self._heap) == self._slots:
            self.queue.append(request)
        else:
            self._start(request[0] if now is None else now, request)

    def _start(self, now: float, request: Request) -> None:
        _, prefill, weight, kv_tokens, generated = request
        heap = self._heap
        if heap:
            self._advance(now)
        self._at = now
        self._until = until = (now if now > self._until else self._until) + prefill
        self._weights = weights = self._weights + weight
        self._step = step = self._base[len(heap) + 1] + weights
        # A step reads a full chunk, or all that there is; memory bounds it as it bounds any step.
        self._pace = pace = max(step, min(self._chunk, until - now))
        self._free_kv -= kv_tokens
        count = self._count + (until - now) / pace
        heappush(heap, (count + generated - 1, until, request))
        self._plan()

    def _advance(self, now: float) -> None:
        """Count the steps since the last event, at the pace of each stretch."""
        at, until = self._at, self._until
        if until > at:
            self._count += ((now if now < until else until) - at) / self._pace
            at = until
        if now > at:
            self._count += (now - at) / self._step

    def _plan(self) -> None:
        """Write the time of the next completion."""
        at, until, steps = self._at, self._until, self._heap[0][0] - self._count
        if until > at:
            reading = (until - at) / self._pace
            if steps <= reading:
                self._ends[self._slot] = at + steps * self._pace if steps > 0 else at
                return
            at, steps = until, steps - reading
        self._ends[self._slot] = at + steps * self._step if steps > 0 else at

    def complete(self) -> None:
        """Finish the request whose end has come, and admit those that now fit."""
        slot, heap = self._slot, self._heap
        self._at = now = self._ends[slot]
        self._count, first, (arrival, _, weight, kv_tokens, generated) = heappop(heap)
        self._weights -= weight
        self._free_kv += kv_tokens
        self._done.append((arrival, first if first < now else now, now, generated))
        self._loads[slot] -= 1
        self._step = self._base[len(heap)] + self._weights
        if self.queue:
            self._admit(now)
        if heap:
            self._plan()
        else:
            self._ends[slot], self._weights = inf, 0.0  # sums do not drift

    def _admit(self, now: float) -> None:
        queue = self.queue
        while queue and queue[0][3] <= self._free_kv and len(self._heap) < self._slots:
            request = queue.popleft()
            if now - request[0] > self._patience:
                self._done.append((request[0], inf, now, request[4]))
                self._loads[self._slot] -= 1
            else:
                self._start(now, request)

    def drain(self) -> None:
        """Take no new request; those in flight finish."""
        self._loads[self._slot] += NOT_ROUTED
