"""One running container: an engine process kept running, in rotation while it is healthy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from http import HTTPStatus

from localcloud.engines.process import EngineProcess
from localcloud.local_http import UpstreamError, open_exchange
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.provisioning import Slot
from localcloud.sagemaker.replicas.adapters import load_adapter, unload_adapter
from localcloud.sagemaker.replicas.container import Container
from localcloud.sagemaker.replicas.container_logs import ContainerLog
from localcloud.settings import HOST

PING_TIMEOUT_SECONDS = 2.0
"""A container must answer `/ping` within 2 s:
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html"""

STARTING_PING_INTERVAL_SECONDS = 0.05
PING_INTERVAL_SECONDS = 5.0

EXITS_BEFORE_FAILURE = 3
"""A container that exits this often before its first healthy answer fails the deployment at once.
SageMaker restarts it until the health-check timeout is over: minutes that teach nothing here."""

FAILED_PINGS_BEFORE_RESTART = 3

FIRST_BACKOFF_SECONDS = 0.05
LONGEST_BACKOFF_SECONDS = 5.0


DRAIN_SECONDS = 8 * 60
"""Longest a request may last (a streamed answer): how long a retired replica is waited for."""

DRAIN_POLL_SECONDS = 0.02


class Replica:
    """A supervised engine process: of a variant's instance, or a copy of an inference component.

    `in_flight` and `port` are shared with the data plane's thread: `Traffic` holds its lock for
    the first; the second is one value, read or replaced as a whole.

    Attributes:
        port: port on the loopback address while the replica is healthy, else None.
    """

    def __init__(self, container: Container, slot: Slot, log: ContainerLog) -> None:
        self.container = container
        self.slot = slot
        self.log = log
        self.in_flight = 0
        self.port: int | None = None
        self._adapters: set[str] = set()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._supervision = asyncio.create_task(self._supervise())

    async def wait_until_healthy(self) -> None:
        """Wait for the first healthy answer.

        Raises:
            DeploymentFailedError: It did not come in time, or the process keeps exiting.
        """
        try:
            async with asyncio.timeout(self.container.startup_seconds):
                await asyncio.shield(self._ready)
        except TimeoutError as error:
            raise DeploymentFailedError(self._failure("")) from error

    def leave_rotation(self, port: int) -> None:
        """Leave the rotation until the next healthy ping: nothing listens on the port."""
        if self.port == port:
            self.port = None

    async def bring_adapters(self, port: int) -> None:
        """Load the adapters that the container is to have, and unload the others.

        Raises:
            DeploymentFailedError: The container refuses one.
            UpstreamError: It broke off.
        """
        wanted = self.container.adapters
        for name in self._adapters - wanted.keys():
            await unload_adapter(self.container.engine, port, name)
            self._adapters.discard(name)
        for name in wanted.keys() - self._adapters:
            await load_adapter(self.container.engine, port, name, wanted[name])
            self._adapters.add(name)

    async def stop(self) -> None:
        """End the process and its supervision, and release the slot."""
        self.port = None
        self._supervision.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._supervision
        if self._ready.done() and not self._ready.cancelled():
            self._ready.exception()  # retrieved, so that nobody is warned about it
        self.log.flush()
        self.slot.release()

    async def _supervise(self) -> None:
        try:
            await self._keep_running()
        except OSError as error:  # no process to be had
            self._fail(f" (cannot start the container: {error})")

    async def _keep_running(self) -> None:
        exits = 0
        while True:
            status = await self._run_once()
            exits = 1 if self._was_healthy else exits + 1
            self.log.write(f"container exited with status {status}")
            if not self._ready.done() and exits == EXITS_BEFORE_FAILURE:
                self._fail(f" (exited {exits} times: {self._error})")
                return
            await asyncio.sleep(min(FIRST_BACKOFF_SECONDS * 2**exits, LONGEST_BACKOFF_SECONDS))

    async def _run_once(self) -> int:
        """Run the engine until it exits; return its status."""
        self._was_healthy = False
        self._adapters.clear()
        self._error = ""
        process = await EngineProcess.start(
            self.container.engine,
            self.container.model_dir,
            self.container.environment,
            self._take_line,
        )
        pinging = asyncio.create_task(self._ping(process))
        try:
            return await process.wait()
        finally:
            self.port = None
            pinging.cancel()
            await process.kill()

    def _take_line(self, line: str) -> None:
        if not self._error and (match := self.container.engine.error_pattern.search(line)):
            self._error = match[1].strip()
        self.log.write(line)

    async def _ping(self, process: EngineProcess) -> None:
        """Put the replica in rotation and take it out, as `/ping` answers."""
        port = await process.port
        failures = 0
        while failures < FAILED_PINGS_BEFORE_RESTART or not self._ready.done():
            healthy = await self._answers(port) and await self._has_adapters(port)
            self.port = port if healthy else None
            self._was_healthy = self._was_healthy or healthy
            if healthy and not self._ready.done():
                self._ready.set_result(None)
            failures = 0 if healthy else failures + 1
            ready = self._ready.done()
            await asyncio.sleep(PING_INTERVAL_SECONDS if ready else STARTING_PING_INTERVAL_SECONDS)
        self.log.write(f"no healthy answer to {failures} pings: restarting the container")
        await process.kill()

    async def _answers(self, port: int) -> bool:
        try:
            async with asyncio.timeout(PING_TIMEOUT_SECONDS):
                path = self.container.engine.ping
                with closing(await open_exchange(port, "GET", path, [("host", HOST)])) as exchange:
                    return exchange.status == HTTPStatus.OK
        except (TimeoutError, UpstreamError):
            return False

    async def _has_adapters(self, port: int) -> bool:
        try:
            await self.bring_adapters(port)
        except (DeploymentFailedError, UpstreamError) as error:
            self.log.write(f"an adapter is not there: {error}")
            return False
        return True

    def _fail(self, detail: str) -> None:
        if not self._ready.done():
            self._ready.set_exception(DeploymentFailedError(self._failure(detail)))

    def _failure(self, detail: str) -> str:
        return f"{self.container.unhealthy}{detail}"


async def all_healthy(replicas: Iterable[Replica]) -> None:
    """Wait until each replica is.

    Raises:
        DeploymentFailedError: One does not become healthy; the others are still there.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for replica in replicas:
                group.create_task(replica.wait_until_healthy())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def drain(replicas: Sequence[Replica]) -> None:
    """Stop each replica as soon as its requests are answered; no new ones must come."""

    async def idle(replica: Replica) -> None:
        async with asyncio.timeout(DRAIN_SECONDS):
            while replica.in_flight:
                await asyncio.sleep(DRAIN_POLL_SECONDS)

    try:
        await asyncio.gather(*map(idle, replicas), return_exceptions=True)
    finally:
        await stop_all(replicas)


async def stop_all(replicas: Sequence[Replica]) -> None:
    """End replicas now."""
    await asyncio.gather(*(replica.stop() for replica in replicas))
