"""One execution environment: the process of a function's web server."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from localcloud.local_http import UpstreamError
from localcloud.ministack_hooks import Function, LogStream
from localcloud.ports import free_port
from localcloud.web_adapter.environment import (
    AFTER_RESTORE,
    BEFORE_CHECKPOINT,
    check,
    process_environment,
    readiness_path,
)
from localcloud.web_adapter.function_server import FunctionServer, InitError
from localcloud.web_adapter.package import check_size, unpack_function
from localcloud.web_adapter.server_process import ServerProcess

READY_POLL_SECONDS = 0.01
"""https://awslabs.github.io/aws-lambda-web-adapter/configuration/readiness-check.html"""
INIT_SECONDS = 10.0
"""Lambda's init phase, which a slow server may exceed by the function's own timeout.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

END_SECONDS = 2.0
"""Time that a process is given to exit after it dropped a connection."""

CUT_SECONDS = 1.0
"""Time that a process is given to notice that its answer was cut. Lambda would let it run to the
end of the answer; here that nobody waits shows as a dropped connection."""

RESTORE_SECONDS = 10.0
"""Lambda's limit for restoring a snapshot, hook and readiness included.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""


@dataclass
class Turn:
    """One request's turn with the process.

    Attributes:
        process: the process.
        complete: true once its answer has been sent to the end.
    """

    process: FunctionProcess
    complete: bool = False


class FunctionProcess:
    """The server process of one version of a function.

    It runs while it starts and while it has requests. Between them it is frozen, as Lambda freezes
    an execution environment at the end of the response: what it does or writes after that comes
    with the next request, or never.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

    A function with a snapshot is started when that is taken and restored with its first request, in
    Lambda's order: each process is its own snapshot, so a second one takes a start too.

    Attributes:
        function: the function.
        port: where its server listens.
        started: done when the server is ready, for a snapshot if there is one; raises
            NotEmulatedError or InitError when it never is.
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
            session=function.session,
        )
        self._process: ServerProcess | None = None
        self._server = FunctionServer(function, self.port)
        self._restored: asyncio.Task[None] | None = None
        self._requests = 0
        self._retired = False
        self._freezing: asyncio.TimerHandle | None = None
        self.started = asyncio.create_task(self._start(interpreter, packages, cloud))

    @property
    def usable(self) -> bool:
        """True while the process serves requests, or is about to."""
        phases = [phase for phase in (self.started, self._restored) if phase]
        if not all(phase.done() for phase in phases):
            return True
        return self._alive and not any(phase.exception() for phase in phases)

    @property
    def is_busy(self) -> bool:
        """True while the process has a request."""
        return self._requests > 0

    @property
    def _alive(self) -> bool:
        return self._process is not None and self._process.is_alive

    async def _start(self, interpreter: Path, packages: Path, cloud: Mapping[str, str]) -> None:
        check(self.function)
        began = time.perf_counter()
        code, layers = await asyncio.to_thread(unpack_function, self.function, packages)
        await asyncio.to_thread(check_size, self.function, [code, *layers])
        environment = process_environment(
            self.function,
            code=code,
            layers=layers,
            interpreter=interpreter,
            port=self.port,
            log_stream=self.logs.name,
            unpack_seconds=time.perf_counter() - began,
            cloud=cloud,
        )
        self._process = await ServerProcess.begin(
            code, self.function.handler, environment, self.logs
        )
        await self._wait_until_ready()
        if self.function.has_snapshot:
            await self._server.call_hook(BEFORE_CHECKPOINT)

    async def ready(self) -> None:
        """Wait until the process may serve, restored if it is a snapshot.

        Raises:
            NotEmulatedError: The function is not one of the adapter's.
            InitError: Its server does not start, or is not to be restored.
        """
        # Both go on when the caller is cancelled, as a function's init does.
        await asyncio.shield(self.started)
        if self.function.has_snapshot:
            if self._restored is None:
                self._restored = asyncio.create_task(self._restore())
            await asyncio.shield(self._restored)

    async def _restore(self) -> None:
        try:
            async with asyncio.timeout(RESTORE_SECONDS):
                await self._server.call_hook(AFTER_RESTORE)
                await self._wait_until_ready()
        except (InitError, TimeoutError) as error:
            self.stop()
            raise InitError(f"the snapshot was not to be restored: {error}") from error

    @contextmanager
    def request(self) -> Iterator[Turn]:
        """Keep the process running for a request; one retired meanwhile ends with its last."""
        self._thaw()
        self._requests += 1
        turn = Turn(self)
        try:
            yield turn
        finally:
            self._requests -= 1
            if self._retired and not self._requests:
                self.stop()
            elif turn.complete:
                self.freeze()
            else:
                loop = asyncio.get_running_loop()
                self._freezing = loop.call_later(CUT_SECONDS, self.freeze)

    @asynccontextmanager
    async def awaiting_exit_on_error(self) -> AsyncIterator[None]:
        """Give a process that broke off a moment to be gone, so that the next request finds out."""
        try:
            yield
        except UpstreamError:
            if self._process is not None:
                await self._process.wait(END_SECONDS)
            raise

    def retire(self) -> None:
        """End the process as soon as it serves no request."""
        self._retired = True
        if not self._requests:
            self.stop()

    def stop(self) -> None:
        """Ask the process to end."""
        if self._process is not None:
            self._process.stop()

    def freeze(self) -> None:
        """Stop the process until its next request."""
        if self._process is not None and self.started.done() and not self._requests:
            self._process.freeze()

    def _thaw(self) -> None:
        if self._freezing is not None:
            self._freezing.cancel()
            self._freezing = None
        if self._process is not None:
            self._process.thaw()

    async def _wait_until_ready(self) -> None:
        limit = INIT_SECONDS + self.function.timeout
        try:
            async with asyncio.timeout(limit):
                while not await self._server.is_ready():
                    if not self._alive:
                        raise InitError(f"{self.function.handler} ended before it was ready")
                    await asyncio.sleep(READY_POLL_SECONDS)
        except TimeoutError as error:
            self.stop()
            path = readiness_path(self.function)
            raise InitError(f"{path} did not answer 100-499 within {limit:g} s") from error
