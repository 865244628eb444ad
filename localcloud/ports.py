"""Ports of this machine."""

from __future__ import annotations

import socket
from collections import deque
from threading import Lock
from typing import Final

from localcloud.settings import HOST

_MOST_STARTING: Final = 1_000
"""Most programs that may be starting at once; the kernel has 28,000 ports to give."""

_given: deque[int] = deque(maxlen=_MOST_STARTING)
_giving = Lock()


def free_port() -> int:
    """Find a port that nothing listens on, and that no program started from here is to have.

    A program takes seconds until it listens, and the kernel gives a port to the next who asks until
    then: of twenty environments that started at once, two had the same.
    """
    with _giving:
        while (port := _unused_port()) in _given:
            pass
        _given.append(port)
    return port


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
