"""OpenAI's vector store: platform.openai.com/docs/api-reference/vector-stores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from lambda_api.storage.metadata import Metadata
from lambda_api.storage.pagination import Listed
from lambda_api.vector_stores.chunking import ChunkingStrategy

MOST_FILES_AT_ONCE = 100
"""Files that a store can be made of: each is copied within the request."""

_DAY_SECONDS = 86_400

Name = Annotated[str, Field(max_length=256)]
Description = Annotated[str, Field(max_length=512)]


class ExpiresAfter(BaseModel):
    """Time without a write after which a store is gone."""

    anchor: Literal["last_modified_at"]
    days: int = Field(ge=1, le=365)

    @field_validator("anchor", mode="before")
    @classmethod
    def _is_a_write(cls, value: Any) -> Any:  # noqa: ANN401  any JSON value
        if value == "last_active_at":
            raise PydanticCustomError(
                "anchor",
                "a last use is not noted, as answers and searches only read; allowed is "
                "'last_modified_at', the last write",
            )
        return value


class StoreRequest(BaseModel):
    """A request for a vector store."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "mine"}})

    name: Name | None = None
    description: Description | None = None
    file_ids: list[str] = Field([], max_length=MOST_FILES_AT_ONCE)
    chunking_strategy: ChunkingStrategy = ChunkingStrategy()
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class StoreChange(BaseModel):
    """A change of a vector store; a field that is left out stays as it is."""

    name: Name | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class FileCounts(BaseModel):
    """The files of a store by their states."""

    in_progress: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    total: int = 0

    @classmethod
    def of(cls, statuses: Sequence[str]) -> FileCounts:
        """Return how many of some files have each status."""
        return cls(**Counter(statuses), total=len(statuses))


class StoreState(Listed):
    """The state that is kept of a store.

    Attributes:
        modified_at: The last write, in Unix seconds; of a store that never expires, its own last
            change.
        made_by: Of a store whose files are being copied, the end of that in Unix seconds: a store
            that is not made by then is gone. None once it is made.
    """

    created_at: int
    modified_at: int
    made_by: int | None = None
    name: str = ""
    description: str | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata = Field(default_factory=dict)

    @property
    def expires_at(self) -> int | None:
        """The end of the store in Unix seconds; None for one that stays."""
        if self.expires_after is None:
            return None
        return self.modified_at + self.expires_after.days * _DAY_SECONDS


class VectorStore(Listed):
    """A vector store. Times are Unix seconds."""

    object: Literal["vector_store"] = "vector_store"
    created_at: int = Field(description="0 for a store of config.")
    name: str
    description: str | None = None
    usage_bytes: int = Field(description="Bytes of its documents.")
    file_counts: FileCounts
    status: Literal["in_progress", "completed"]
    expires_after: ExpiresAfter | None = None
    expires_at: int | None = None
    last_active_at: None = Field(None, description="Not noted: searches only read.")
    metadata: Metadata = Field(default_factory=dict)

    @classmethod
    def of(cls, state: StoreState, counts: FileCounts, usage_bytes: int) -> VectorStore:
        """Return a store as callers see it."""
        return cls(
            **state.model_dump(exclude={"modified_at", "made_by"}),
            expires_at=state.expires_at,
            usage_bytes=usage_bytes,
            file_counts=counts,
            status="in_progress" if counts.in_progress or state.made_by else "completed",
        )


class DeletedStore(BaseModel):
    """A receipt for a deleted store."""

    id: str
    object: Literal["vector_store.deleted"] = "vector_store.deleted"
    deleted: Literal[True] = True
