"""The stores that callers have made, each an object of the bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import time

from lambda_api.retrieval.store_names import PREFIX, store_key
from lambda_api.retrieval.store_searches import missing_store
from lambda_api.storage.object_ids import is_id
from lambda_api.storage.object_store import ObjectStore
from lambda_api.storage.stored_state import change_state, state_in
from lambda_api.vector_stores.schemas import StoreState

_TOUCH_SECONDS = 3600
"""Least time between two writes of a store's last write: it expires by days."""

_FOLDER = "stores/"
_JSON = ".json"


@dataclass(frozen=True)
class StoreRegistry:
    """The states of stores.

    Attributes:
        objects: The bucket.
        clock: Returns Unix seconds.
    """

    objects: ObjectStore
    clock: Callable[[], float] = time

    def keep(self, owner: str, state: StoreState) -> None:
        """Write the state of a new store."""
        self.objects.put(store_key(owner, state.id), state.model_dump_json().encode())

    def find(self, owner: str, store_id: str) -> StoreState | None:
        """Return the state of an owner's store; None if there is none, or if expired."""
        kept = self.objects.get(store_key(owner, store_id)) if is_id(PREFIX, store_id) else None
        if kept is None:
            return None
        state = state_in(kept.body, StoreState, store_id)
        return None if self._has_expired(state) else state

    def get(self, owner: str, store_id: str) -> StoreState:
        """Return the state of an owner's store.

        Raises:
            NotFoundError: There is no such store, or it has expired.
        """
        state = self.find(owner, store_id)
        if state is None:
            raise missing_store(store_id)
        return state

    def is_there(self, owner: str, store_id: str) -> bool:
        """Return True for a store of an owner's that has not expired."""
        return self.find(owner, store_id) is not None

    def ids(self, owner: str, after: str = "") -> Iterator[str]:
        """Yield the ids of an owner's stores after an id, the newest first; of expired ones too."""
        folder = f"{_FOLDER}{owner}/"
        for listed in self.objects.list(folder, store_key(owner, after) if after else ""):
            store_id = listed.key.removeprefix(folder).removesuffix(_JSON)
            if is_id(PREFIX, store_id):
                yield store_id

    def all_ids(self) -> Iterator[tuple[str, str]]:
        """Yield owner and id of every store there is, of expired ones too."""
        for listed in self.objects.list(_FOLDER):
            owner, _, name = listed.key.removeprefix(_FOLDER).partition("/")
            store_id = name.removesuffix(_JSON)
            if is_id(PREFIX, store_id):
                yield owner, store_id

    def change(
        self, owner: str, store_id: str, change: Callable[[StoreState], StoreState]
    ) -> StoreState:
        """Change a store's state, and note the write.

        Raises:
            NotFoundError: There is no such store, or it has expired.
            ConflictError: Others never stop changing it.
        """

        def written(state: StoreState) -> StoreState | None:
            if self._has_expired(state):
                return None
            return change(state).model_copy(update={"modified_at": int(self.clock())})

        key = store_key(owner, store_id)
        changed = change_state(self.objects, key, StoreState, store_id, written)
        if changed is None:
            raise missing_store(store_id)
        return changed

    def note_write(self, owner: str, state: StoreState) -> None:
        """Note a write of a file, where the store's end depends on it."""
        if state.expires_after and self.clock() - state.modified_at > _TOUCH_SECONDS:
            self.change(owner, state.id, lambda now: now)

    def delete(self, owner: str, store_id: str) -> None:
        """Delete the state of a store."""
        self.objects.delete(store_key(owner, store_id))

    def _has_expired(self, state: StoreState) -> bool:
        ends = [end for end in (state.expires_at, state.made_by) if end is not None]
        return bool(ends) and min(ends) <= self.clock()
