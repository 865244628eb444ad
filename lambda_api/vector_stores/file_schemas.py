"""OpenAI's file of a vector store: platform.openai.com/docs/api-reference/vector-stores-files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt, StringConstraints

from lambda_api.storage.object_store import ObjectInfo
from lambda_api.storage.pagination import Listed
from lambda_api.vector_stores.chunking import ChunkingStrategy

Status = Literal["in_progress", "completed", "failed", "cancelled"]

_STATUS: Mapping[str, Status] = {"ready": "completed", "failed": "failed"}
"""OpenAI's words for the states of the index."""

Attributes = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=64)],
        Annotated[str, StringConstraints(strict=True, max_length=512)]
        | StrictBool
        | StrictInt
        | Annotated[float, Field(strict=True, allow_inf_nan=False)],
    ],
    Field(max_length=16),
]
"""16 values to filter by."""


class StoreFileRequest(BaseModel):
    """A request to add a file to a store."""

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: ChunkingStrategy = ChunkingStrategy()


class AttributesChange(BaseModel):
    """New attributes of a file, in the place of all it has."""

    attributes: Attributes | None


class LastError(BaseModel):
    """The reason that a file is not in the index."""

    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str


class StoreFile(Listed):
    """A file of a vector store."""

    object: Literal["vector_store.file"] = "vector_store.file"
    vector_store_id: str
    created_at: int = Field(description="Unix seconds.")
    usage_bytes: int
    status: Status
    last_error: LastError | None = None
    attributes: Attributes
    chunking_strategy: ChunkingStrategy

    @classmethod
    def of(
        cls,
        store_id: str,
        file_id: str,
        info: ObjectInfo,
        sidecar: DocumentSidecar,
        state: Mapping[str, Any] | None,
    ) -> StoreFile:
        """Return a document with its entry in the index, in OpenAI's words."""
        status = status_of(state, info)
        error = state.get("last_error") if state and status == "failed" else None
        return cls(
            id=file_id,
            vector_store_id=store_id,
            created_at=sidecar.document["created_at"],
            usage_bytes=info.size,
            status=status,
            last_error=LastError(**error) if error else None,
            attributes=sidecar.metadataAttributes,
            chunking_strategy=ChunkingStrategy.of(sidecar.document["max_chunk_size_tokens"]),
        )


class DeletedStoreFile(BaseModel):
    """A receipt for a file that was taken out of a store."""

    id: str
    object: Literal["vector_store.file.deleted"] = "vector_store.file.deleted"
    deleted: Literal[True] = True


class Text(BaseModel):
    """A piece of a file's text."""

    type: Literal["text"] = "text"
    text: str


class FileText(BaseModel):
    """A page of a file's text, as it was read and cut."""

    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"
    data: list[Text]
    has_more: bool
    next_page: str | None = Field(description="The value of `page` for the text that follows.")


class DocumentSidecar(BaseModel):
    """The object beside a document, from which ingestion reads what the document does not say.

    The names are Bedrock's knowledge bases' and `features`'.
    """

    metadataAttributes: Attributes = Field(default_factory=dict)  # noqa: N815  the file's own name
    document: dict[str, Any]

    @classmethod
    def of(
        cls, file_id: str, filename: str, attributes: Attributes | None, tokens: int, now: float
    ) -> DocumentSidecar:
        """Return what stands beside a file that is added now."""
        told = {
            "file_id": file_id,
            "filename": filename,
            "max_chunk_size_tokens": tokens,
            "created_at": int(now),
        }
        return cls(metadataAttributes=attributes or {}, document=told)


def status_of(state: Mapping[str, Any] | None, info: ObjectInfo) -> Status:
    """Return how far ingestion is with a document, by its entry in the index."""
    # A header tells whole seconds, a listing may tell more.
    if state is None or state["modified"] < int(info.modified.timestamp()):
        return "in_progress"
    return _STATUS[state["state"]]
