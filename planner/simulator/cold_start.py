"""The gateway of a cold endpoint: requests wait, are sent away, or are put off."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.hardware.throughput import Request
from planner.simulator.outcome import Recorder
from stacks.config import ColdStartConfig


class Gateway:
    """The gateway in front of a cold endpoint."""

    def __init__(self, config: ColdStartConfig, recorder: Recorder) -> None:
        """Start with nobody waiting.

        Args:
            config: its mode and limits.
            recorder: is told of requests that no instance will answer.
        """
        self._config, self._recorder = config, recorder
        self._held: deque[Request] = deque()

    def arrive(self, requests: Sequence[Request], times: NDArray[np.float64]) -> None:
        """Take requests that found no instance."""
        if self._config.mode == "queue":
            self._recorder.put_off(times)
        elif self._config.mode == "reject":
            self._recorder.fail("no capacity", times)
        else:
            for request in requests:
                self._hold(request)

    def _hold(self, request: Request) -> None:
        self._give_up(request[0])
        if len(self._held) < self._config.max_held_requests:
            self._held.append(request)
        else:
            self._recorder.fail("no capacity", np.array([request[0]]))

    def open(self, now: float) -> list[Request]:
        """Return the requests that still wait, now that an instance is in service."""
        self._give_up(now)
        waited, self._held = list(self._held), deque()
        if waited:
            self._recorder.held(waited[0][0], now)
        return waited

    def close(self) -> None:
        """Fail every request that still waits."""
        self._give_up(float("inf"))

    def _give_up(self, now: float) -> None:
        """Fail the requests that have waited as long as the config lets them."""
        held = self._held
        while held and now - held[0][0] > self._config.hold_seconds:
            self._recorder.fail("no capacity", np.array([held.popleft()[0]]))
