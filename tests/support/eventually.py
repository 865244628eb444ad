"""Waiting for what another process or thread brings about, however busy the machine is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

LONG = 120
"""Seconds far beyond what a busy machine needs: only a failure takes them."""

PAUSE_SECONDS = 0.02

T = TypeVar("T")


def eventually(condition: Callable[[], bool], seconds: float = LONG) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: It does not hold in time.
    """
    poll(condition, bool, seconds)


async def eventually_in_loop(condition: Callable[[], bool], seconds: float = LONG) -> None:
    """Wait until a condition holds, while the loop goes on.

    Raises:
        TimeoutError: It does not hold in time.
    """
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(PAUSE_SECONDS)


def poll(look: Callable[[], T], done: Callable[[T], bool], seconds: float = LONG) -> T:
    """Look again and again until what is found is `done`, and return it.

    Raises:
        AssertionError: It is not in time.
    """
    deadline = time.monotonic() + seconds
    while not done(found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s; last: {found!r}"
        time.sleep(PAUSE_SECONDS)
    return found
