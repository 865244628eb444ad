"""Ids of objects in a bucket: unguessable, and newest first in the order of keys."""

from __future__ import annotations

import re
import secrets

_FARTHEST_MILLISECOND = 1 << 44
"""The end of the countdown, in the year 2527."""

_TIME_DIGITS, _RANDOM_DIGITS = 11, 21
_ID_DIGITS = re.compile(r"[0-9a-f]{32}")


def new_id(prefix: str, seconds: float) -> str:
    """Return a new id: `prefix` and 32 hex digits, 84 bits of them random.

    The digits begin with the time counted down, because S3 lists keys in ascending order only
    while OpenAI's lists begin with the newest.

    Args:
        prefix: Such as `file-`.
        seconds: Now, in Unix seconds.
    """
    left = _FARTHEST_MILLISECOND - round(seconds * 1000)
    return f"{prefix}{left:0{_TIME_DIGITS}x}{secrets.token_hex(11)[:_RANDOM_DIGITS]}"


def is_id(prefix: str, text: str) -> bool:
    """Return True if a text can be an id with this prefix; nothing else is fit for a key."""
    return text.startswith(prefix) and bool(_ID_DIGITS.fullmatch(text.removeprefix(prefix)))


def made_at(object_id: str) -> float:
    """Return the time of an id that `new_id` made, in Unix seconds."""
    digits = object_id[-_TIME_DIGITS - _RANDOM_DIGITS :][:_TIME_DIGITS]
    return (_FARTHEST_MILLISECOND - int(digits, 16)) / 1000
