"""OpenAI's files in a bucket: each is a folder of a description and the content.

The description's key says all that lists filter by, docs/decisions/0076.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import time

from lambda_api.errors import ConflictError, NotFoundError, UnreadableObjectError
from lambda_api.files.keys import FileKey, content_key, folder_of, keys_of
from lambda_api.files.new_file import NewFile, media_type
from lambda_api.files.room import FileRoom
from lambda_api.files.schemas import (
    FILE_PREFIX,
    DeletedFile,
    ExpiresAfter,
    FileObject,
    Purpose,
    UploadableFile,
)
from lambda_api.files.uses import FileUses
from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.storage.object_ids import new_id
from lambda_api.storage.object_store import ObjectStore
from lambda_api.storage.pagination import Order, Page, page_of
from lambda_api.storage.stored_state import state_in

DOWNLOAD_URL_SECONDS = 3600
_DAY_SECONDS = 86_400
_BATCHES: tuple[Purpose, ...] = ("batch",)


@dataclass(frozen=True)
class FileService:
    """The files of all callers; each owner sees no other's.

    Attributes:
        store: The bucket.
        retention_days: Age at which the bucket's lifecycle deletes an object.
        clock: Returns Unix seconds.
        purposes: The purposes that this stage has a use for.
        uses: The users of files; asked before a file is deleted.
        note_unreadable: Reports the id of a file that a list leaves out as unreadable.
        quota: The quota of uploads.
    """

    store: ObjectStore
    retention_days: int
    clock: Callable[[], float] = time
    purposes: Collection[Purpose] = _BATCHES
    uses: Sequence[FileUses] = ()
    note_unreadable: Callable[[str], None] | None = None
    quota: Quota = UNLIMITED

    def create(
        self,
        owner: str,
        filename: str,
        content: bytes,
        expires_after: ExpiresAfter | None = None,
        file_id: str | None = None,
        purpose: Purpose = "batch",
    ) -> FileObject:
        """Store a file, under a new id unless one is given.

        Raises:
            ServiceError: The file is not allowed, or cannot be stored.
        """
        file = self._new(NewFile(purpose, filename, len(content), expires_after), file_id)
        with self.quota.taken(owner, file.id, file.expires_at, file.bytes):
            self.store.put(content_key(owner, file.id), content, media_type(purpose))
            self._keep(owner, file, is_new=file_id is None)
        return file

    def await_upload(
        self,
        owner: str,
        filename: str,
        size: int,
        expires_after: ExpiresAfter | None = None,
        file_id: str | None = None,
        purpose: Purpose = "batch",
    ) -> UploadableFile:
        """Return a new file that awaits its content, to be sent straight to the bucket.

        Raises:
            ServiceError: The file is not allowed, or cannot be stored.
        """
        new = self._new(NewFile(purpose, filename, size, expires_after), file_id)
        if self.room.upload_seconds(new.id) <= 0:
            raise ConflictError("this Idempotency-Key is older than an hour, use a new one")
        file = new.model_copy(
            update={"status": "uploaded", "status_details": "its content is awaited at upload_url"}
        )
        with self.quota.taken(owner, file.id, file.expires_at, file.bytes):
            self._keep(owner, file, is_new=file_id is None)
        return self._uploadable(owner, file)

    def found_again(self, owner: str, file_id: str) -> FileObject | None:
        """Return a file as its creation did: with a URL while that works and content is awaited."""
        file = self.find(owner, file_id)
        may_come = file and file.status == "uploaded" and self.room.upload_seconds(file_id) > 0
        return self._uploadable(owner, file) if file and may_come else file

    def find(self, owner: str, file_id: str) -> FileObject | None:
        """Return an owner's file; None if there is none, or if expired."""
        keys = keys_of(self.store, owner, file_id)
        return self._read(owner, keys[-1]) if keys else None

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
        self, owner: str, after: str, limit: int, order: Order, purpose: str | None
    ) -> Page[FileObject]:
        """Return a page of an owner's files after the file `after`, of one purpose if given."""

        def read(key: FileKey) -> FileObject | None:
            try:
                file = self._read(owner, key)
            except UnreadableObjectError:
                if self.note_unreadable:
                    self.note_unreadable(key.file_id)
                return None
            return file if file and purpose in {None, file.purpose} else None

        newest_first = order == "desc"
        listed = self.store.list(folder_of(owner), folder_of(owner, after) if newest_first else "")
        keys = FileKey.all_in(listed, purpose, self.clock())
        if newest_first:
            return page_of((key for key in keys if key.file_id != after), read, limit)
        older = (key for key in keys if not after or key.file_id < after)
        return page_of(reversed(list(older)), read, limit)

    def delete(self, owner: str, file_id: str) -> DeletedFile:
        """Delete an owner's file, readable or not, and all copies of the content.

        Raises:
            NotFoundError: There is no such file, or it has expired.
            ConflictError: A batch that runs needs the file.
        """
        with suppress(UnreadableObjectError):
            self.get(owner, file_id)
        for use in self.uses:
            use.release(owner, file_id)
        may_come = self.room.may_grow(owner, file_id)
        # First: a deletion that broke off can be tried again while the description is there.
        self.store.delete(content_key(owner, file_id))
        self.store.delete_below(folder_of(owner, file_id))
        if not may_come:  # else its room is taken until the URL has ended
            self.quota.give_back(owner, file_id)
        return DeletedFile(id=file_id)

    def content(self, owner: str, file: FileObject) -> Iterator[bytes]:
        """Yield the content of a file in parts."""
        return self.store.stream(content_key(owner, file.id))

    def content_url(self, owner: str, file: FileObject) -> str:
        """Return a URL that serves the content of a file for an hour."""
        return self.store.download_url(content_key(owner, file.id), DOWNLOAD_URL_SECONDS)

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
        key = content_key(owner, file_id)
        size = self.store.upload(key, parts)
        if not size:
            self.store.delete(key)
            return False
        file = self._described(NewFile(purpose, filename, size, expires_after), file_id)
        self._keep(owner, file, is_new=False)
        return True

    @property
    def room(self) -> FileRoom:
        """The room that files take in the bucket."""
        return FileRoom(self.store, self.clock)

    def new_id(self) -> str:
        """Return the id of a file that is made later."""
        return new_id(FILE_PREFIX, self.clock())

    def _new(self, new: NewFile, file_id: str | None) -> FileObject:
        new.check(self.purposes)
        return self._described(new, file_id or self.new_id())

    def _described(self, new: NewFile, file_id: str) -> FileObject:
        return new.described(file_id, self.clock(), self.retention_days * _DAY_SECONDS)

    def _read(self, owner: str, key: FileKey) -> FileObject | None:
        kept = self.store.get(key.text(owner))
        if kept is None:
            return None
        file = state_in(kept.body, FileObject, key.file_id)
        if file.expires_at <= self.clock():
            return None
        return self._with_content(owner, file) if file.status == "uploaded" else file

    def _with_content(self, owner: str, file: FileObject) -> FileObject:
        content = self.store.info(content_key(owner, file.id))
        if content is None:
            return file
        return file.model_copy(
            update={"bytes": content.size, "status": "processed", "status_details": None}
        )

    def _uploadable(self, owner: str, file: FileObject) -> UploadableFile:
        key, seconds = content_key(owner, file.id), self.room.upload_seconds(file.id)
        url = self.store.upload_url(key, seconds, file.bytes)
        return UploadableFile(**file.model_dump(), upload_url=url)

    def _keep(self, owner: str, file: FileObject, *, is_new: bool) -> None:
        key = FileKey(file.id, file.purpose, file.expires_at)
        self.store.put(key.text(owner), file.model_dump_json().encode())
        for other in [] if is_new else keys_of(self.store, owner, file.id):
            if other != key:  # an earlier attempt's, which expires earlier
                self.store.delete(other.text(owner))


def missing_file(file_id: str, param: str) -> NotFoundError:
    """Return the error for a file that does not exist, has expired, or is another key's."""
    return NotFoundError(f"no such file: {file_id!r}", param=param)
