"""Keys of files in a bucket: `files/<owner>/<id>/`, with the description and the content below.

`file.<purpose>.<expires at>.json` is the description; its name is what lists filter by, so that
only the files of a page are read. `file.json` is that of a file from before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lambda_api.files.schemas import FILE_PREFIX
from lambda_api.storage.object_ids import is_id
from lambda_api.storage.object_store import ObjectInfo, ObjectStore

_DESCRIPTION = re.compile(
    r"(?P<id>file-[0-9a-f]{32})/file(\.(?P<purpose>[a-z_-]+)\.(?P<expires_at>\d+))?\.json"
)


@dataclass(frozen=True)
class FileKey:
    """The key of a file's description.

    Attributes:
        file_id: The file's id.
        purpose: The file's purpose; None where the key does not tell.
        expires_at: The end of the file in Unix seconds; 0 where the key does not tell.
    """

    file_id: str
    purpose: str | None = None
    expires_at: int = 0

    def text(self, owner: str) -> str:
        """Return the key as the bucket has it."""
        told = f".{self.purpose}.{self.expires_at}" if self.purpose else ""
        return f"{folder_of(owner, self.file_id)}file{told}.json"

    @classmethod
    def all_in(
        cls, objects: Iterable[ObjectInfo], purpose: str | None = None, now: float = 0
    ) -> Iterator[FileKey]:
        """Yield the descriptions' keys among objects of one owner.

        Args:
            objects: The objects, of one owner.
            purpose: The purpose that is wanted; None for all.
            now: Unix seconds; files that have expired by then are left out.
        """
        for listed in objects:
            found = _DESCRIPTION.fullmatch("/".join(listed.key.rsplit("/", 2)[-2:]))
            if found is None:
                continue
            key = cls(found["id"], found["purpose"], int(found["expires_at"] or 0))
            is_other = purpose and key.purpose and key.purpose != purpose
            has_expired = key.purpose and key.expires_at <= now
            if not (is_other or has_expired):
                yield key


def folder_of(owner: str, file_id: str = "") -> str:
    """Return the folder of a file, or of all files of an owner."""
    return f"files/{owner}/{file_id}/" if file_id else f"files/{owner}/"


def content_key(owner: str, file_id: str) -> str:
    """Return the key of a file's content."""
    return f"{folder_of(owner, file_id)}content"


def keys_of(store: ObjectStore, owner: str, file_id: str) -> list[FileKey]:
    """Return the keys of a file's descriptions: one, or two while a later one replaces it."""
    if not is_id(FILE_PREFIX, file_id):
        return []
    return list(FileKey.all_in(store.list(folder_of(owner, file_id))))
