"""Metadata of vectors: what may be in it, and how much."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.awsjson.service import ServiceError

_MOST_KEYS = 50
_MOST_BYTES = 40 << 10
_MOST_FILTERABLE_BYTES = 2 << 10


def check_metadata(key: str, metadata: Mapping[str, Any], unfilterable: frozenset[str]) -> None:
    """Refuse metadata beyond the limits. AWS does not say how it counts: here, bytes of JSON.

    Raises:
        ServiceError: There is too much of it, or a value is of another type.
    """
    for name, value in metadata.items():
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str | int | float | bool) for item in items):
            raise _invalid(key, f"metadata {name!r} must be a string, number, boolean or list")
    if len(metadata) > _MOST_KEYS:
        raise _invalid(key, f"{len(metadata)} metadata keys, and at most {_MOST_KEYS} are allowed")
    filterable = {name: value for name, value in metadata.items() if name not in unfilterable}
    if (size := _size(filterable)) > _MOST_FILTERABLE_BYTES:
        raise _invalid(
            key,
            f"Filterable metadata must have at most {_MOST_FILTERABLE_BYTES} bytes, and not {size}",
        )
    if (size := _size(metadata)) > _MOST_BYTES:
        raise _invalid(key, f"Total metadata must have at most {_MOST_BYTES} bytes, and not {size}")


def _size(metadata: Mapping[str, Any]) -> int:
    return len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())


def _invalid(key: str, reason: str) -> ServiceError:
    return ServiceError(f"Invalid record for key {key!r}: {reason}")
