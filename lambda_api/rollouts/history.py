"""The history of a stage's rollouts: an object each, and one that says which is current.

Conditional writes decide: an event that comes twice finds its mark, and of two rollouts the later
takes the current one's place.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from lambda_api.rollouts.schemas import Rollout, ServedVersion
from lambda_api.storage.object_store import ChangedError, ObjectStore
from lambda_api.storage.stored_state import state_in

ROLLOUTS, EVENTS, CURRENT = "rollouts/", "events/", "current.json"
"""Keys of the records, of the marks of events, and of the current rollout's record."""


class _Mark(BaseModel):
    execution: str


class History:
    """The records of one stage."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def is_duplicate(self, event_id: str, execution: str) -> bool:
        """Mark an event; return True if another execution has marked it before."""
        key = f"{EVENTS}{event_id}"
        try:
            self._store.create(key, _Mark(execution=execution).model_dump_json().encode())
        except ChangedError:
            found = self._store.get(key)
            return found is None or state_in(found.body, _Mark, key).execution != execution
        return False

    def current(self) -> Rollout | None:
        """Return the rollout that was begun last; None before the first."""
        found = self._store.get(CURRENT)
        return None if found is None else state_in(found.body, Rollout, CURRENT)

    def begin(self, rollout: Rollout) -> bool:
        """Make a rollout the current one; return False if another began in the same moment."""
        body = rollout.model_dump_json().encode()
        found = self._store.get(CURRENT)
        try:
            if found is None:
                self._store.create(CURRENT, body)
            else:
                self._store.replace(CURRENT, body, found.etag)
        except ChangedError:
            return False
        self.record(rollout)
        return True

    def record(self, rollout: Rollout) -> None:
        """Write how a rollout is now; the current one's record also where it is found first."""
        body = rollout.model_dump_json().encode()
        self._store.put(f"{ROLLOUTS}{rollout.id}.json", body)
        found = self._store.get(CURRENT)
        if found is not None and state_in(found.body, Rollout, CURRENT).id == rollout.id:
            try:
                self._store.replace(CURRENT, body, found.etag)
            except ChangedError:
                return  # another one has begun

    def all(self) -> Iterator[Rollout]:
        """Yield the rollouts, the newest first."""
        for info in self._store.list(ROLLOUTS):
            found = self._store.get(info.key)
            if found is not None:
                yield state_in(found.body, Rollout, info.key)

    def served_before(self, package: str) -> Iterator[ServedVersion]:
        """Yield the other versions that were kept, the last first, then those before them."""
        for each in self.all():
            if each.outcome == "Kept":
                yield from (
                    version
                    for version in (each.target, each.previous)
                    if version is not None and version.package != package
                )
