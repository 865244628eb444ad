"""Attributes of documents, by which searches filter, within OpenAI's limits.

16 keys of 64 characters, strings of 512: platform.openai.com/docs/api-reference/vector-stores-files
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from features.errors import DocumentError

Attributes = Mapping[str, str | float | bool]
MOST_KEYS = 16
_LONGEST_KEY = 64
_LONGEST_STRING = 512


def checked_attributes(attributes: Mapping[str, Any], most_bytes: int | None = None) -> Attributes:
    """Return the attributes as they are.

    Args:
        attributes: attributes by their names.
        most_bytes: most bytes of all as JSON, where a store limits them.

    Raises:
        DocumentError: Too many, too long, or of a type that cannot be compared.
    """
    if len(attributes) > MOST_KEYS:
        raise _invalid(f"{len(attributes)} attributes, and {MOST_KEYS} are allowed")
    for key, value in attributes.items():
        if not 0 < len(key) <= _LONGEST_KEY:
            raise _invalid(
                f"an attribute's name has {len(key)} characters; 1 to {_LONGEST_KEY} are allowed"
            )
        if isinstance(value, str) and len(value) > _LONGEST_STRING:
            raise _invalid(
                f"attribute {key!r} has {len(value)} characters, and {_LONGEST_STRING} are allowed"
            )
        if not isinstance(value, str | int | float) or not _finite(value):
            raise _invalid(f"attribute {key!r} is no string, number or boolean")
    if most_bytes is not None and (size := _bytes(attributes)) > most_bytes:
        raise _invalid(f"attributes of {size} bytes, and {most_bytes} are allowed in this store")
    return attributes


def scalar(text: str) -> str | float | bool:
    """Return a plain word as a boolean, a number or, quoted or not, a string."""
    text = text.strip()
    if text in {"true", "false"}:
        return text == "true"
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _bytes(attributes: Mapping[str, Any]) -> int:
    told = json.dumps(dict(attributes), ensure_ascii=False)
    return len(told.encode("utf-8", "surrogatepass"))


def _finite(value: object) -> bool:
    try:
        return not isinstance(value, int | float) or math.isfinite(value)
    except OverflowError:
        return False


def _invalid(reason: str) -> DocumentError:
    return DocumentError("invalid_file", reason)
