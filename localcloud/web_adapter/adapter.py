"""Web-adapter functions: calls to their processes, and snapshots of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from localcloud.local_http import Exchange, UpstreamError, open_exchange
from localcloud.ministack_hooks import Function, execution_slot, record_invocation
from localcloud.settings import Settings
from localcloud.web_adapter.environment import is_adapted, is_hook
from localcloud.web_adapter.function_server import InitError
from localcloud.web_adapter.package import unpack, unpack_function
from localcloud.web_adapter.process import FunctionProcess
from localcloud.web_adapter.process_pool import ProcessPool
from localcloud.web_adapter.request import AdapterRequest, adapter_request


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """An invocation whose answer has begun.

    Attributes:
        deadline: end of the function's timeout, in Unix seconds.
    """

    id: str
    answer: Exchange
    deadline: float


class ForbiddenPathError(Exception):
    """The path is the adapter's own to call; callers get a 403."""


class WebAdapter:
    """The web servers of functions, and the adapter in front of each."""

    def __init__(self, settings: Settings, interpreter: Path) -> None:
        self._packages = settings.work_dir / "functions"
        start = partial(
            FunctionProcess,
            interpreter=interpreter,
            packages=self._packages,
            cloud=settings.client_environment,
        )
        self._pool = ProcessPool(start, one_request=settings.one_request_per_environment)
        self.forget, self.close = self._pool.forget, self._pool.close
        self.unpack = partial(unpack, directory=self._packages)

    def prepare(self, function: Function) -> None:
        """Unpack a web server's package and layers, so that no request waits for that."""
        if is_adapted(function):
            unpack_function(function, self._packages)

    async def snapshot(self, function: Function) -> None:
        """Start a version whose environments are restored, as far as its snapshot.

        Raises:
            NotEmulatedError: The function is not one of the adapter's.
            InitError: Its server does not start.
        """
        process = self._pool.add(function)
        try:
            await process.started
        except InitError:
            process.stop()
            raise
        process.freeze()

    @asynccontextmanager
    async def invoke(
        self, function: Function, event: Mapping[str, Any]
    ) -> AsyncIterator[Invocation]:
        """Send a proxy event to the function's server; the context is the invocation.

        Leaving it drops the connection. An UpstreamError or TimeoutError raised in it counts as
        the function's.

        Raises:
            ForbiddenPathError: The request is for a hook of the adapter's.
            ThrottledError: The function's concurrency is used up.
            NotEmulatedError: The function is not one of the adapter's.
            InitError: Its server does not start.
            UpstreamError: Its server broke off before the answer.
            TimeoutError: It took longer to answer than the function may.
        """
        if is_hook(function, event["path"]):
            raise ForbiddenPathError
        with execution_slot(function), self._pool.take(function).request() as turn:
            process = turn.process
            await process.ready()
            deadline = time.time() + function.timeout
            request = adapter_request(
                event, function, deadline=deadline, log_stream=process.logs.name
            )
            # Around the answer too: who sees it cut asks again at once, and gets another process.
            async with process.awaiting_exit_on_error():
                with _recorded(process, request.id):
                    answer = await _begun(process, request)
                    try:
                        yield Invocation(id=request.id, answer=answer, deadline=deadline)
                    finally:
                        turn.complete = answer.complete
                        answer.close()


async def _begun(process: FunctionProcess, request: AdapterRequest) -> Exchange:
    """Send a request to a process; return its answer when that has begun."""
    async with asyncio.timeout(process.function.timeout):
        return await open_exchange(
            process.port, request.method, request.target, request.headers, request.body
        )


@contextmanager
def _recorded(process: FunctionProcess, request_id: str) -> Iterator[None]:
    """Write an invocation's log lines and metrics as Lambda does."""
    function = process.function
    began = time.monotonic()
    process.logs.write([f"START RequestId: {request_id} Version: {function.version}"])
    failure: list[str] = []
    try:
        yield
    except (UpstreamError, TimeoutError) as error:
        timed_out = isinstance(error, TimeoutError)
        why = f"Task timed out after {function.timeout:.2f} seconds" if timed_out else str(error)
        failure = [f"RequestId: {request_id} Error: {why}"]
        raise
    finally:
        elapsed = (time.monotonic() - began) * 1000
        report = (
            f"REPORT RequestId: {request_id}\tDuration: {elapsed:.2f} ms\t"
            f"Billed Duration: {elapsed:.0f} ms\tMemory Size: {function.memory} MB"
        )
        process.logs.write([*failure, f"END RequestId: {request_id}", report])
        record_invocation(function, milliseconds=elapsed, failed=bool(failure))
