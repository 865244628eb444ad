"""The room that files take in the bucket, counted until nothing of them is left there.

A URL that takes a file's content works for an hour, whatever becomes of the file meanwhile; and a
file that has expired lies in the bucket until its lifecycle, or somebody, deletes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lambda_api.errors import UnreadableObjectError
from lambda_api.files.keys import folder_of, keys_of
from lambda_api.files.schemas import FileObject
from lambda_api.storage.object_ids import made_at
from lambda_api.storage.object_store import ObjectStore
from lambda_api.storage.stored_state import state_in

UPLOAD_URL_SECONDS = 3600
"""Longest that a URL takes a file's content, from the making of the file's id on."""


@dataclass(frozen=True)
class FileRoom:
    """The room of all callers' files.

    Attributes:
        store: The bucket.
        clock: Returns Unix seconds.
    """

    store: ObjectStore
    clock: Callable[[], float]

    def upload_seconds(self, file_id: str) -> int:
        """Return how long a URL may still take a file's content; not positive once that is over."""
        return int(made_at(file_id) + UPLOAD_URL_SECONDS - self.clock())

    def may_grow(self, owner: str, file_id: str) -> bool:
        """Return True if a URL may still bring content of a file, or nobody can tell."""
        if self.upload_seconds(file_id) <= 0:
            return False
        kept = [self.store.get(key.text(owner)) for key in keys_of(self.store, owner, file_id)]
        try:
            files = [state_in(one.body, FileObject, file_id) for one in kept if one]
        except UnreadableObjectError:
            return True
        return any(file.status == "uploaded" for file in files)

    def freed(self, owner: str, file_ids: Iterable[str]) -> list[str]:
        """Return those of an owner's files that take no room, and never will again.

        What came by a URL after its file's deletion is deleted for that.
        """
        there = set(self.store.folders(folder_of(owner)))
        settled = (one for one in file_ids if self.upload_seconds(one) <= 0)
        return [one for one in settled if one not in there or self._is_cleared(owner, one)]

    def clear(self, owner: str, file_ids: Iterable[str]) -> list[str]:
        """Delete what is left of an owner's files that have expired; return those that have."""
        return [one for one in file_ids if self._is_cleared(owner, one)]

    def _is_cleared(self, owner: str, file_id: str) -> bool:
        now = self.clock()
        keys = keys_of(self.store, owner, file_id)
        # A key from before tells of no expiry, and may be that of a file that is there.
        if any(not key.expires_at or key.expires_at > now for key in keys):
            return False
        self.store.delete_below(folder_of(owner, file_id))
        return True
