"""Timestamps as JSON services write them."""

import time


def now() -> float:
    """The present, in seconds since 1970."""
    return round(time.time(), 3)
