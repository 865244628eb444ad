"""Ids of vector stores, and the names by which the index knows the stores.

A store of config has the id `vs_<name>`. Of a store that a caller made, the index knows a digest of
the owner and the id: who asks with another's id asks for another name, which is not there.
docs/decisions/0190-a-store-is-named-by-its-owner.md
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256

from lambda_api.storage.object_ids import is_id

PREFIX = "vs_"
_DIGITS = 40


class StoreNames:
    """The names of stores in the index.

    Args:
        declared: Names of the stores of config.
        keys: Owners that may search a store of config, by its name; one that is not there is for
            all. The search function has the last word.
    """

    def __init__(
        self, declared: Collection[str], keys: Mapping[str, Collection[str]] | None = None
    ) -> None:
        self._declared = list(declared)
        self._keys = dict(keys or {})

    @property
    def declared_ids(self) -> list[str]:
        """The ids of the stores of config."""
        return [f"{PREFIX}{name}" for name in self._declared]

    def declared_for(self, owner: str) -> list[str]:
        """Return the ids of the stores of config that an owner may search."""
        return [
            f"{PREFIX}{name}"
            for name in self._declared
            if name not in self._keys or owner in self._keys[name]
        ]

    def name_of(self, store_id: str, owner: str) -> str | None:
        """Return the name of a store; None for what is no id of a store."""
        if self.is_declared(store_id):
            return store_id.removeprefix(PREFIX)
        if not self.is_made(store_id):
            return None
        digest = sha256(f"{owner}/{store_id}".encode()).hexdigest()
        return f"own-{digest[:_DIGITS]}"

    def is_declared(self, store_id: str) -> bool:
        """Return True for a store of config."""
        return store_id in self.declared_ids

    def is_made(self, store_id: str) -> bool:
        """Return True for an id as callers' stores have it."""
        return is_id(PREFIX, store_id) and not self.is_declared(store_id)


def store_key(owner: str, store_id: str) -> str:
    """Return the key of what is kept of a caller's store."""
    return f"stores/{owner}/{store_id}.json"
