"""Ports of this machine."""

from __future__ import annotations

import socket

from localcloud.settings import HOST


def free_port() -> int:
    """Find a port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
