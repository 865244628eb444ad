"""What goes on in threads while a block runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

CALLERS = 64
"""Most calls at once."""


@contextmanager
def meanwhile(go_on: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run a function in a thread, tell it by an event that the block ended, and wait for it."""
    done = threading.Event()
    thread = threading.Thread(target=go_on, args=(done,))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def called_at_a_rate(rate: float, call: Callable[[], None], most: int = CALLERS) -> Iterator[None]:
    """Call `rate` times a second while the block runs, however long a call takes.

    At most so many calls at once: what is slower than the rate gets fewer calls, and none is queued
    that would have to be waited for after the block.
    """
    free = threading.Semaphore(most)

    def call_and_free() -> None:
        try:
            call()
        finally:
            free.release()

    def go_on(done: threading.Event) -> None:
        due = time.monotonic() + 1 / rate
        with ThreadPoolExecutor(most) as callers:
            while not done.wait(max(0.0, due - time.monotonic())):
                due += 1 / rate
                if free.acquire(blocking=False):
                    callers.submit(call_and_free)

    with meanwhile(go_on):
        yield
