"""OpenAI's file object.

The fields are those of platform.openai.com/docs/api-reference/files/object.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from lambda_api.storage.pagination import Listed

FILE_PREFIX = "file-"
"""Beginning of the ids of files."""

UploadPurpose = Literal["batch", "assistants", "user_data"]
"""The purposes that a caller may upload for."""

Purpose = Literal["batch", "assistants", "user_data", "batch_output"]

READ_PURPOSES: tuple[UploadPurpose, ...] = ("assistants", "user_data")
"""The purposes of documents to answer from; OpenAI tells the two apart, nothing here does."""


class ExpiresAfter(BaseModel):
    """Time until a file expires; the bucket's own lifecycle is an upper bound."""

    anchor: Literal["created_at"]
    seconds: int = Field(ge=3600, le=2_592_000)


class FileObject(Listed):
    """A file, without the content."""

    object: Literal["file"] = "file"
    bytes: int = Field(description="Its size.")
    created_at: int = Field(description="Unix seconds.")
    expires_at: int = Field(description="When it is deleted, in Unix seconds.")
    filename: str
    purpose: Purpose
    status: Literal["uploaded", "processed"] = Field(
        "processed", description="`uploaded` while the content of a large file is still awaited."
    )
    status_details: str | None = None


class UploadableFile(FileObject):
    """A file that awaits its content at a URL."""

    upload_url: str = Field(description="Takes one PUT of exactly `bytes` bytes, for an hour.")


class DeletedFile(BaseModel):
    """A receipt for a deleted file."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True
