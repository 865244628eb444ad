"""The local cloud's process: one port, one ASGI application, and nothing left behind.

Every child process (Lambda workers, web-adapter processes, model engines) must be started in this
process's group, that is *without* `start_new_session`/`process_group`: the reaper then ends it
with the server, whatever ends the server. Closing a child on the normal way out is still its
owner's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any

from localcloud.quotas import Quotas
from localcloud.reaper import reap_with_this_process
from localcloud.settings import HOST, PREFIX, Settings

if TYPE_CHECKING:
    from localcloud.application import LocalCloud

DRAIN_SECONDS = 0.5
"""Time that requests in progress are given once the server is asked to stop."""


class PortTakenError(Exception):
    """Another process listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on {HOST} is taken{_holder(port)}; "
            f"stop what uses it, or set {PREFIX}PORT to a free port"
        )


def main() -> None:
    """Serve until SIGTERM or SIGINT, or until standard input ends when the settings say so."""
    try:
        settings = Settings.from_environment()
        quotas = Quotas.read(settings.quotas)
        listener = listen(settings.port)
    except (OSError, ValueError, PortTakenError) as error:
        sys.exit(f"localcloud: {error}")
    settings.prepare_process()
    reap_with_this_process()
    # ministack reads the environment at import, and takes most of a second: not before now.
    from localcloud.application import LocalCloud

    asyncio.run(_serve(LocalCloud(settings, quotas), listener, settings))


def listen(port: int) -> socket.socket:
    """Bind the port, before anything slow is done.

    Raises:
        PortTakenError: Another process listens on it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(port) from error
    return listener


async def _serve(cloud: LocalCloud, listener: socket.socket, settings: Settings) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = DRAIN_SECONDS
    config.errorlog = None  # its lines reach standard error through the root logger
    config.loglevel = settings.log_level
    stop = _stop_event(settings)
    application: Any = cloud  # hypercorn's types spell ASGI's messages out
    serving = asyncio.create_task(serve(application, config, shutdown_trigger=stop.wait))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    # From Python 3.12 on hypercorn waits here for idle connections too, so it gets a limit.
    await asyncio.wait({serving}, timeout=DRAIN_SECONDS * 2)
    cloud.close()
    if serving.done():
        serving.result()
    logging.shutdown()
    # Threads may be blocked in a deployment, and connections idle: neither is waited for.
    os._exit(0)


def _stop_event(settings: Settings) -> asyncio.Event:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.stop_with_stdin:

        def read_stdin() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                loop.remove_reader(sys.stdin.fileno())
                stop.set()

        loop.add_reader(sys.stdin.fileno(), read_stdin)
    return stop


def _holder(port: int) -> str:
    """` by <name> (pid <pid>)`, or nothing when the system does not tell."""
    import psutil

    with contextlib.suppress(psutil.Error):  # macOS shows other users' sockets to root only
        for connection in psutil.net_connections("tcp4"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.pid and tuple(connection.laddr)[1] == port:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""
