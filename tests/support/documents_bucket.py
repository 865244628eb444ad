"""S3's client of a bucket of documents, which is a dictionary, as far as a sync needs it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

PREFIX = "documents/docs/"
BEGAN = datetime(2026, 11, 30, 6, 50, tzinfo=UTC)


class Bucket:
    """Documents by key, written at `BEGAN` unless `modified` says otherwise."""

    def __init__(self, **bodies: bytes) -> None:
        self.objects = {f"{PREFIX}{name}": body for name, body in bodies.items()}
        self.modified: dict[str, datetime] = {}

    def put_object(self, **call: Any) -> None:
        self.objects[call["Key"]] = call["Body"]

    def delete_object(self, **call: Any) -> None:
        del self.objects[call["Key"]]

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **call: Any) -> list[dict[str, Any]]:
        found = [self._item(key) for key in self.objects if key.startswith(call["Prefix"])]
        return [{"Contents": found}, {}]

    def _item(self, key: str) -> dict[str, Any]:
        digest = hashlib.md5(self.objects[key]).hexdigest()
        return {"Key": key, "ETag": f'"{digest}"', "LastModified": self.modified.get(key, BEGAN)}
