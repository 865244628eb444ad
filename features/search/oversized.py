"""A store too large for memory: its documents are told of, and its chunks are not searched."""

from __future__ import annotations

from typing import NoReturn

from features.embedding.embedder import Vectors
from features.errors import SearchError
from features.index.generation import Generation
from features.search.query import Query


class OversizedIndex:
    """A generation that was not loaded, as it would take the memory that all stores share.

    It is refreshed like others, so that a store is searched again when its owner has taken files
    out of it.

    Attributes:
        name: Name of the generation, a digest.
        generation: The generation.
        size: Bytes of its documents in memory, about: no chunk was loaded.
    """

    def __init__(self, name: str, generation: Generation, reason: str) -> None:
        self.name = name
        self.generation = generation
        self.size = generation.size
        self._reason = reason

    def search(
        self,
        query: Query,  # noqa: ARG002 - the port's
        vector: Vectors | None,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse the search.

        Raises:
            SearchError: Always, with the bound that the store is over.
        """
        raise SearchError("invalid_request", self._reason)
