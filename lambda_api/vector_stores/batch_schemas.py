"""OpenAI's batch of files: platform.openai.com/docs/api-reference/vector-stores-file-batches."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from lambda_api.storage.pagination import Listed
from lambda_api.vector_stores.chunking import ChunkingStrategy
from lambda_api.vector_stores.file_schemas import Attributes, Status, StoreFileRequest
from lambda_api.vector_stores.schemas import MOST_FILES_AT_ONCE, FileCounts


class FileBatchRequest(BaseModel):
    """A request to add files to a store: all alike by `file_ids`, or each in its way by `files`."""

    model_config = ConfigDict(json_schema_extra={"example": {"file_ids": ["file-1"]}})

    file_ids: Annotated[list[str], Field(max_length=MOST_FILES_AT_ONCE)] = []
    files: Annotated[
        list[StoreFileRequest], Field(max_length=MOST_FILES_AT_ONCE, validate_default=True)
    ] = []
    attributes: Attributes | None = Field(None, description="Of the files of `file_ids`.")
    chunking_strategy: ChunkingStrategy = ChunkingStrategy()

    @field_validator("files")
    @classmethod
    def _are_named_in_one_way(
        cls, value: list[StoreFileRequest], info: ValidationInfo
    ) -> list[StoreFileRequest]:
        if "file_ids" in info.data and bool(info.data["file_ids"]) == bool(value):
            raise PydanticCustomError("files", "either 'file_ids' or 'files' names files")
        return value

    @property
    def each(self) -> list[StoreFileRequest]:
        """The files, each once: of one that is named twice, what was said last."""
        alike = [
            StoreFileRequest(
                file_id=file_id,
                attributes=self.attributes,
                chunking_strategy=self.chunking_strategy,
            )
            for file_id in self.file_ids
        ]
        return list({one.file_id: one for one in (*alike, *self.files)}.values())


class BatchState(Listed):
    """The state that is kept of a batch.

    Attributes:
        is_cancelled: True if files were taken out of the store before they could be found.
    """

    created_at: int
    file_ids: list[str]
    is_cancelled: bool = False


class FileBatch(Listed):
    """A batch of files of a vector store."""

    object: Literal["vector_store.files_batch"] = "vector_store.files_batch"
    created_at: int = Field(description="Unix seconds.")
    vector_store_id: str
    status: Status = Field(description="`completed` with files that failed, too: see the counts.")
    file_counts: FileCounts
