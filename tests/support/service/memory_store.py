"""An object store in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from lambda_api.storage.object_store import ChangedError, ObjectInfo, StoredObject


@dataclass
class MemoryStore:
    objects: dict[str, StoredObject] = field(default_factory=dict)
    versions: Iterator[int] = field(default_factory=count)

    def get(self, key: str) -> StoredObject | None:
        return self.objects.get(key)

    def info(self, key: str) -> ObjectInfo | None:
        found = self.objects.get(key)
        return ObjectInfo(key, len(found.body), found.modified) if found else None

    def stream(self, key: str) -> Iterator[bytes]:
        body = self.objects[key].body if key in self.objects else b""
        yield from (body[at : at + 7] for at in range(0, len(body), 7))

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        self.objects[key] = StoredObject(body, f'"{next(self.versions)}"', datetime.now(UTC))

    def create(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        if key in self.objects:
            raise ChangedError
        self.put(key, body)

    def replace(self, key: str, body: bytes, etag: str) -> None:
        if key not in self.objects or self.objects[key].etag != etag:
            raise ChangedError
        self.put(key, body)

    def upload(self, key: str, parts: Iterable[bytes]) -> int:
        self.put(key, b"".join(parts))
        return len(self.objects[key].body)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def delete_below(self, prefix: str) -> None:
        for key in [key for key in self.objects if key.startswith(prefix)]:
            del self.objects[key]

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        for key in sorted(self.objects):
            if key.startswith(prefix) and key > after:
                found = self.objects[key]
                yield ObjectInfo(key, len(found.body), found.modified)

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        below = [key.removeprefix(prefix) for key in self.objects if key.startswith(prefix)]
        names = {name for name, found, _ in (key.partition("/") for key in below) if found}
        yield from sorted(name for name in names if name > after)

    def upload_url(self, key: str, seconds: int, size: int) -> str:
        self.upload_seconds = seconds
        return f"https://bucket/{key}?upload"

    def download_url(self, key: str, seconds: int) -> str:
        return f"https://bucket/{key}"

    def uri(self, key: str) -> str:
        return f"s3://bucket/{key}"
