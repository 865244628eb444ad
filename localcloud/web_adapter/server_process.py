"""The operating system's process of a function's web server: begun, frozen, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from localcloud.ministack_hooks import LogStream
from localcloud.web_adapter.function_server import InitError


class ServerProcess:
    """A running handler script, whose output is in a log stream."""

    def __init__(self, process: asyncio.subprocess.Process, logs: LogStream) -> None:
        self._process = process
        self._is_frozen = False
        self._output = asyncio.create_task(_forward(process.stdout, logs))

    @classmethod
    async def begin(
        cls, code: Path, handler: str, environment: Mapping[str, str], logs: LogStream
    ) -> Self:
        """Run the handler script of a package in it, with nothing but an environment.

        Raises:
            InitError: It is not there, or not to be executed.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                code / handler,
                cwd=code,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            logs.write([f"{handler}: {error.strerror}"])
            raise InitError(f"{handler}: {error.strerror}") from error
        return cls(process, logs)

    @property
    def is_alive(self) -> bool:
        """True until it has ended, asked of the system: the event loop is told a moment later."""
        if self._process.returncode is not None:
            return False
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT  # leaves the status to the event loop
        try:
            return os.waitid(os.P_PID, self._process.pid, look) is None
        except ChildProcessError:  # its status was taken already
            return False

    async def wait(self, seconds: float) -> None:
        """Wait some seconds at most for its end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), seconds)

    def freeze(self) -> None:
        """Stop the process until `thaw`."""
        if not self._is_frozen:
            self._is_frozen = True
            self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._is_frozen:
            self._is_frozen = False
            self._send(signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)
        self.thaw()  # or the signal would wait for its time

    def _send(self, number: signal.Signals) -> None:
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


async def _forward(output: asyncio.StreamReader | None, logs: LogStream) -> None:
    """Write the process's output to its log stream, as many lines at once as there are."""
    if output is None:
        return
    rest = b""
    while piece := await output.read(64 * 1024):
        *lines, rest = (rest + piece).split(b"\n")
        logs.write([line.decode(errors="replace") for line in lines])
    if rest:
        logs.write([rest.decode(errors="replace")])
