"""OpenAI's files in a bucket: each is a folder of a description and the content.

The fields are those of platform.openai.com/docs/api-reference/files/object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import time
from typing import Literal

from pydantic import BaseModel, Field

from lambda_api.errors import InvalidRequestError, NotFoundError
from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.storage.object_ids import is_id, new_id
from lambda_api.storage.object_store import ObjectStore
from lambda_api.storage.pagination import Listed, Page, after_in, page_of

MAX_FILE_BYTES = 200 * 1024 * 1024
"""The largest input of a batch: platform.openai.com/docs/api-reference/batch/create."""

UPLOAD_URL_SECONDS = DOWNLOAD_URL_SECONDS = 3600

_PREFIX = "file-"
_DAY_SECONDS = 86_400
_LONGEST_NAME = 255

Purpose = Literal["batch", "batch_output"]


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


class ExpiresAfter(BaseModel):
    """Time until a file expires; the bucket's own lifecycle is an upper bound."""

    anchor: Literal["created_at"]
    seconds: int = Field(ge=3600, le=2_592_000)


@dataclass(frozen=True)
class FileService:
    """The files of all callers; each owner sees no other's.

    Attributes:
        store: The bucket.
        retention_days: Age at which the bucket's lifecycle deletes an object.
        clock: Returns Unix seconds.
        quota: The quota of uploads.
    """

    store: ObjectStore
    retention_days: int
    clock: Callable[[], float] = time
    quota: Quota = UNLIMITED

    def create(
        self, owner: str, filename: str, content: bytes, expires_after: ExpiresAfter | None = None
    ) -> FileObject:
        """Store a file of a batch's requests.

        Raises:
            ServiceError: The file is empty or too large, or cannot be stored.
        """
        file = self._new(filename, len(content), expires_after)
        with self.quota.taken(owner, file.id, file.expires_at, file.bytes):
            self.store.put(self._content_key(owner, file.id), content, "application/jsonl")
            self._keep(owner, file)
        return file

    def await_upload(
        self, owner: str, filename: str, size: int, expires_after: ExpiresAfter | None = None
    ) -> UploadableFile:
        """Return a new file that awaits its content, to be sent straight to the bucket.

        Raises:
            ServiceError: The file would be empty or too large, or cannot be stored.
        """
        file = self._new(filename, size, expires_after).model_copy(
            update={"status": "uploaded", "status_details": "its content is awaited at upload_url"}
        )
        with self.quota.taken(owner, file.id, file.expires_at, file.bytes):
            self._keep(owner, file)
        url = self.store.upload_url(self._content_key(owner, file.id), UPLOAD_URL_SECONDS, size)
        return UploadableFile(**file.model_dump(), upload_url=url)

    def find(self, owner: str, file_id: str) -> FileObject | None:
        """Return an owner's file; None if there is none, or if expired."""
        if not is_id(_PREFIX, file_id):
            return None
        kept = self.store.get(self._about_key(owner, file_id))
        if kept is None:
            return None
        file = FileObject.model_validate_json(kept.body)
        if file.expires_at <= self.clock():
            return None
        return self._with_content(owner, file) if file.status == "uploaded" else file

    def get(self, owner: str, file_id: str) -> FileObject:
        """Return an owner's file.

        Raises:
            NotFoundError: There is no such file, or it has expired.
        """
        file = self.find(owner, file_id)
        if file is None:
            raise missing_file(file_id, "file_id")
        return file

    def page(
        self, owner: str, after: str, limit: int, order: Literal["asc", "desc"], purpose: str | None
    ) -> Page[FileObject]:
        """Return a page of an owner's files after the file `after`, of one purpose if given."""

        def read(file_id: str) -> FileObject | None:
            file = self.find(owner, file_id)
            return file if file and purpose in {None, file.purpose} else None

        folder = f"files/{owner}/"
        if order == "desc":
            return page_of(self.store.folders(folder, after), read, limit)
        oldest_first = reversed(list(self.store.folders(folder)))
        return page_of(after_in(oldest_first, after), read, limit)

    def delete(self, owner: str, file_id: str) -> DeletedFile:
        """Delete an owner's file.

        Raises:
            NotFoundError: There is no such file, or it has expired.
        """
        file = self.get(owner, file_id)
        self.store.delete(self._content_key(owner, file.id))
        self.store.delete(self._about_key(owner, file.id))
        self.quota.give_back(owner, file.id)
        return DeletedFile(id=file.id)

    def content(self, owner: str, file: FileObject) -> Iterator[bytes]:
        """Yield the content of a file in parts."""
        return self.store.stream(self._content_key(owner, file.id))

    def content_url(self, owner: str, file: FileObject) -> str:
        """Return a URL that serves the content of a file for an hour."""
        return self.store.download_url(self._content_key(owner, file.id), DOWNLOAD_URL_SECONDS)

    def write(
        self,
        owner: str,
        file_id: str,
        filename: str,
        parts: Iterable[bytes],
        *,
        purpose: Purpose,
        expires_after: ExpiresAfter | None = None,
    ) -> bool:
        """Store a file that the service makes, replacing what an earlier attempt left.

        Returns:
            False if there were no bytes, and so there is no file.
        """
        key = self._content_key(owner, file_id)
        size = self.store.upload(key, parts)
        if not size:
            self.store.delete(key)
            return False
        file = self._described(file_id, filename, size, expires_after)
        self._keep(owner, file.model_copy(update={"purpose": purpose}))
        return True

    def gone(self, owner: str, file_ids: Iterable[str]) -> list[str]:
        """Return those of an owner's files that are not in the bucket."""
        there = set(self.store.folders(f"files/{owner}/"))
        return [file_id for file_id in file_ids if file_id not in there]

    def new_id(self) -> str:
        """Return the id of a file that is made later."""
        return new_id(_PREFIX, self.clock())

    def _new(self, filename: str, size: int, expires_after: ExpiresAfter | None) -> FileObject:
        if size == 0:
            raise InvalidRequestError("the file is empty", param="file")
        if size > MAX_FILE_BYTES:
            raise InvalidRequestError(
                f"the file has {size} bytes, at most {MAX_FILE_BYTES} are allowed", param="file"
            )
        return self._described(self.new_id(), filename, size, expires_after)

    def _described(
        self, file_id: str, filename: str, size: int, expires_after: ExpiresAfter | None
    ) -> FileObject:
        now = int(self.clock())
        kept_seconds = self.retention_days * _DAY_SECONDS
        wanted = expires_after.seconds if expires_after else kept_seconds
        return FileObject(
            id=file_id,
            bytes=size,
            created_at=now,
            expires_at=now + min(wanted, kept_seconds),
            filename=filename[:_LONGEST_NAME],
            purpose="batch",
        )

    def _with_content(self, owner: str, file: FileObject) -> FileObject:
        content = self.store.info(self._content_key(owner, file.id))
        if content is None:
            return file
        return file.model_copy(
            update={"bytes": content.size, "status": "processed", "status_details": None}
        )

    def _keep(self, owner: str, file: FileObject) -> None:
        self.store.put(self._about_key(owner, file.id), file.model_dump_json().encode())

    def _about_key(self, owner: str, file_id: str) -> str:
        return f"files/{owner}/{file_id}/file.json"

    def _content_key(self, owner: str, file_id: str) -> str:
        return f"files/{owner}/{file_id}/content"


def missing_file(file_id: str, param: str) -> NotFoundError:
    """Return the error for a file that does not exist, has expired, or is another key's."""
    return NotFoundError(f"no such file: {file_id!r}", param=param)
