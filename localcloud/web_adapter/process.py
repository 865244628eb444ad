"""One execution environment: the process of a function's web server."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from localcloud.local_http import UpstreamError, open_exchange
from localcloud.ministack_hooks import Function, LogStream
from localcloud.ports import free_port
from localcloud.settings import HOST
from localcloud.web_adapter.environment import check, process_environment, readiness_path
from localcloud.web_adapter.package import unpack

READY_POLL_SECONDS = 0.01
"""https://awslabs.github.io/aws-lambda-web-adapter/configuration/readiness-check.html"""
INIT_SECONDS = 10.0
"""Lambda's init phase, which a slow server may exceed by the function's own timeout.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

END_SECONDS = 0.5
"""Time that a process is given to exit after it dropped a connection."""


class InitError(Exception):
    """The function's server did not start."""


class FunctionProcess:
    """The server process of one version of a function.

    Attributes:
        started: done when the server is ready; raises NotEmulatedError or InitError when it never
            is.
    """

    def __init__(
        self,
        function: Function,
        *,
        interpreter: Path,
        packages: Path,
        cloud: Mapping[str, str],
    ) -> None:
        """Begin to start the process; `started` tells how that goes.

        Args:
            function: The function.
            interpreter: The Python that its handler script calls `python`.
            packages: Directory of unpacked deployment packages.
            cloud: Variables that point AWS SDKs at this cloud.
        """
        self.function = function
        self.port = free_port()
        self.logs = LogStream(
            account=function.account,
            region=function.region,
            group=function.log_group,
            name=f"{time.strftime('%Y/%m/%d')}/[{function.version}]{uuid.uuid4().hex}",
        )
        self._process: asyncio.subprocess.Process | None = None
        self._output: asyncio.Task[None] | None = None
        self._requests = 0
        self._retired = False
        self.started = asyncio.create_task(self._start(interpreter, packages, cloud))

    @property
    def usable(self) -> bool:
        """True while the process serves requests, or is about to."""
        if not self.started.done():
            return True
        return self.started.exception() is None and self._alive

    @property
    def _alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _start(self, interpreter: Path, packages: Path, cloud: Mapping[str, str]) -> None:
        check(self.function)
        code = await asyncio.to_thread(unpack, self.function.code, packages)
        environment = process_environment(
            self.function,
            code=code,
            interpreter=interpreter,
            port=self.port,
            log_stream=self.logs.name,
            cloud=cloud,
        )
        try:
            self._process = await asyncio.create_subprocess_exec(
                code / self.function.handler,
                cwd=code,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            self.logs.write([f"{self.function.handler}: {error.strerror}"])
            raise InitError(f"{self.function.handler}: {error.strerror}") from error
        self._output = asyncio.create_task(self._forward_output(self._process.stdout))
        await self._wait_until_ready()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Keep the process for a request: retired meanwhile, it ends with its last one."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            if self._retired and not self._requests:
                self.stop()

    @asynccontextmanager
    async def awaiting_exit_on_error(self) -> AsyncIterator[None]:
        """Give a process that broke off a moment to be gone, so that the next request finds out."""
        try:
            yield
        except UpstreamError:
            if self._process is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), END_SECONDS)
            raise

    def retire(self) -> None:
        """End the process as soon as it serves no request."""
        self._retired = True
        if not self._requests:
            self.stop()

    def stop(self) -> None:
        """Ask the process to end."""
        if self._process is not None and self._alive:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    async def _wait_until_ready(self) -> None:
        limit = INIT_SECONDS + self.function.timeout
        path = readiness_path(self.function)
        try:
            async with asyncio.timeout(limit):
                while not await self._ready(path):
                    if not self._alive:
                        raise InitError(f"{self.function.handler} ended before it was ready")
                    await asyncio.sleep(READY_POLL_SECONDS)
        except TimeoutError as error:
            self.stop()
            raise InitError(f"{path} did not answer 100-499 within {limit:g} s") from error

    async def _ready(self, path: str) -> bool:
        try:
            exchange = await open_exchange(self.port, "GET", path, [("host", HOST)])
        except UpstreamError:
            return False
        exchange.close()
        return exchange.status < 500

    async def _forward_output(self, output: asyncio.StreamReader | None) -> None:
        """Write the process's output to the log stream, as many lines at once as there are."""
        if output is None:
            return
        rest = b""
        while piece := await output.read(64 * 1024):
            *lines, rest = (rest + piece).split(b"\n")
            self.logs.write([line.decode(errors="replace") for line in lines])
        if rest:
            self.logs.write([rest.decode(errors="replace")])
