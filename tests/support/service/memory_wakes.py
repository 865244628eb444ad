"""An endpoint's wake in memory, with the conditions of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

from lambda_api.cold_start.wake import STALE_SECONDS, Change, Wake


@dataclass
class MemoryWakeTable:
    wake: Wake = field(default_factory=Wake)
    lock: Lock = field(default_factory=Lock)
    calls: list[str] = field(default_factory=list)

    def read(self) -> Wake:
        self.calls.append("read")
        return self.wake

    def begin(self, now: float, *, from_zero: bool) -> Change:
        return self._change(
            "begin",
            lambda old: old.started_at is None or old.probed_at <= now - STALE_SECONDS,
            lambda old: replace(old, started_at=now, probed_at=now, from_zero=from_zero, places={}),
        )

    def take(self, wake: Wake, place: str, until: float, most: int) -> Change:
        return self._change(
            "take",
            lambda old: _same(old, wake) and len(old.places) < most,
            lambda old: replace(old, places={**old.places, place: until}),
        )

    def take_over(self, wake: Wake, lapsed: str, place: str, until: float) -> Change:
        return self._change(
            "take_over",
            lambda old: _same(old, wake) and old.places.get(lapsed) == wake.places[lapsed],
            lambda old: replace(old, places=_without(lapsed, old) | {place: until}),
        )

    def give_back(self, place: str) -> None:
        self._change(
            "give_back",
            lambda old: place in old.places,
            lambda old: replace(old, places=_without(place, old)),
        )

    def claim_probe(self, wake: Wake, now: float) -> Change:
        return self._change(
            "claim_probe",
            lambda old: _same(old, wake) and old.probed_at == wake.probed_at,
            lambda old: replace(old, probed_at=now),
        )

    def end(self, wake: Wake, now: float, start_seconds: float | None) -> Change:
        return self._change(
            "end",
            lambda old: _same(old, wake),
            lambda old: replace(
                old,
                started_at=None,
                ended_at=now,
                places={},
                last_start_seconds=start_seconds or old.last_start_seconds,
            ),
        )

    def _change(
        self, name: str, holds: Callable[[Wake], bool], change: Callable[[Wake], Wake]
    ) -> Change:
        with self.lock:
            self.calls.append(name)
            was_made = holds(self.wake)
            if was_made:
                self.wake = change(self.wake)
            return Change(was_made, self.wake)


def _same(old: Wake, wake: Wake) -> bool:
    return old.started_at == wake.started_at


def _without(place: str, wake: Wake) -> dict[str, float]:
    return {name: until for name, until in wake.places.items() if name != place}
