"""A bucket in memory, which counts its writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from features.storage.object_store import ChangedError, ObjectInfo, StoredObject


@dataclass
class MemoryBucket:
    objects: dict[str, StoredObject] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    before_read: Callable[[str], None] = lambda _key: None
    before_write: Callable[[str], None] = lambda _key: None

    def get(self, key: str, most: int | None = None) -> StoredObject | None:
        self.before_read(key)
        found = self.objects.get(key)
        if found is not None and most is not None and found.size > most:
            return replace(found, body=None)
        return found

    def put(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> None:
        self.before_write(key)
        self._write(key, body, metadata or {})

    def create(self, key: str, body: bytes) -> None:
        self.before_write(key)
        if key in self.objects:
            raise ChangedError
        self._write(key, body, {})

    def replace(self, key: str, body: bytes, etag: str) -> None:
        self.before_write(key)
        if key not in self.objects or self.objects[key].etag != etag:
            raise ChangedError
        self._write(key, body, {})

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)
        self.writes.append(key)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield ObjectInfo(key, self.objects[key].size, self.objects[key].modified)

    def folders(self, prefix: str) -> Iterator[str]:
        below = (key.removeprefix(prefix) for key in sorted(self.objects) if key.startswith(prefix))
        yield from dict.fromkeys(key.partition("/")[0] for key in below if "/" in key)

    def age(self, hours: float) -> None:
        """Have all that is there be older."""
        for key, found in self.objects.items():
            self.objects[key] = replace(found, modified=found.modified - timedelta(hours=hours))

    def _write(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        etag = hashlib.md5(body).hexdigest()
        self.objects[key] = StoredObject(body, etag, datetime.now(UTC), len(body), metadata)
        self.writes.append(key)
