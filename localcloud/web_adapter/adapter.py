"""Web-adapter functions: their processes, started when needed and replaced when old, and calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.local_http import Exchange, UpstreamError, open_exchange
from localcloud.ministack_hooks import Function, execution_slot, record_invocation
from localcloud.settings import Settings
from localcloud.web_adapter.process import FunctionProcess
from localcloud.web_adapter.request import adapter_request


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """An invocation whose answer has begun.

    Attributes:
        deadline: end of the function's timeout, in Unix seconds.
    """

    id: str
    answer: Exchange
    deadline: float


class WebAdapter:
    """One process per function version, which serves all requests to that version."""

    def __init__(self, settings: Settings, interpreter: Path) -> None:
        self._cloud = settings.client_environment
        self._packages = settings.work_dir / "functions"
        self._interpreter = interpreter
        self._processes: dict[str, FunctionProcess] = {}

    @asynccontextmanager
    async def invoke(
        self, function: Function, event: Mapping[str, Any]
    ) -> AsyncIterator[Invocation]:
        """Send a proxy event to the function's server; the context is the invocation.

        Leaving it drops the connection. An UpstreamError or TimeoutError raised in it counts as
        the function's.

        Raises:
            ThrottledError: The function's concurrency is used up.
            NotEmulatedError: The function is not one of the adapter's.
            InitError: Its server does not start.
            UpstreamError: Its server broke off before the answer.
            TimeoutError: It took longer to answer than the function may.
        """
        with execution_slot(function):
            process = await self._process_of(function)
            deadline = time.time() + function.timeout
            request = adapter_request(
                event, function, deadline=deadline, log_stream=process.logs.name
            )
            with process.request(), _recorded(process, request.id):
                async with asyncio.timeout(function.timeout), process.awaiting_exit_on_error():
                    answer = await open_exchange(
                        process.port, request.method, request.target, request.headers, request.body
                    )
                try:
                    yield Invocation(id=request.id, answer=answer, deadline=deadline)
                finally:
                    answer.close()

    async def _process_of(self, function: Function) -> FunctionProcess:
        process = self._processes.get(function.arn)
        if process is None or process.function != function or not process.usable:
            if process is not None:
                process.retire()
            process = self._processes[function.arn] = FunctionProcess(
                function, interpreter=self._interpreter, packages=self._packages, cloud=self._cloud
            )
        # A start goes on when the caller is cancelled, as a function's init does.
        await asyncio.shield(process.started)
        return process

    def forget(self, name: str) -> None:
        """Let the processes of a deleted function end. Safe from any thread."""
        for arn, process in list(self._processes.items()):
            if process.function.name == name:
                self._processes.pop(arn)
                process.retire()

    def close(self) -> None:
        """End every process."""
        for process in self._processes.values():
            process.stop()


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
