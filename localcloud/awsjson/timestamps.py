"""Timestamps as JSON services write them."""

from __future__ import annotations

import time


def now() -> float:
    """Return the present, in seconds since 1970."""
    return round(time.time(), 3)
