"""One engine process: started, listened to, and gone when its parent is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import localcloud
from localcloud.engines import Engine
from localcloud.engines.key import ENGINE_KEY, VARIABLE

_LISTENING = re.compile(rb"listening on http://127\.0\.0\.1:(\d+)")

_IMPORT_ROOT = Path(localcloud.__file__).parents[1]


class EngineProcess:
    """A running engine.

    It holds the read end of a pipe as its standard input and exits when that ends: the kernel
    closes the write end with this process, whatever ends it, on Linux and macOS alike.
    (`PR_SET_PDEATHSIG` is Linux only, and fires when the *thread* that forked ends.)

    Attributes:
        port: port that the engine listens on, set once the model is loaded; never set if the engine
            exits first.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, on_output: Callable[[str], None]
    ) -> None:
        self._process = process
        self._on_output = on_output
        self.port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        engine: Engine,
        model_dir: Path,
        environment: Mapping[str, str],
        on_output: Callable[[str], None],
    ) -> EngineProcess:
        """Start an engine on a model directory.

        Args:
            engine: The engine to start.
            model_dir: Stands in for the container's `/opt/ml/model`.
            environment: The container's environment.
            on_output: Takes each line of its standard output and error.
        """
        # No session or process group of its own: the server's reaper ends the whole group.
        process = await asyncio.create_subprocess_exec(
            engine.interpreter,
            "-m",
            engine.module,
            "--model-dir",
            str(model_dir),
            *engine.arguments(environment),
            cwd=_IMPORT_ROOT,
            env={**os.environ, **_own(engine, environment), VARIABLE: ENGINE_KEY},  # noqa: TID251 - the rest is inherited
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return cls(process, on_output)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for the exit and the last line; return the status (negative: a signal's)."""
        status = await self._process.wait()
        await self._reading
        return status

    async def kill(self) -> None:
        """End the process at once: it has no state to save, and its requests have been drained."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self.wait()

    async def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - asked for above
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)
        if rest:
            self._take(rest)

    def _take(self, line: bytes) -> None:
        if (match := _LISTENING.search(line)) and not self.port.done():
            self.port.set_result(int(match[1]))
        if line.strip():
            self._on_output(line.decode(errors="replace"))


def _own(engine: Engine, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the engine's own variables, which are no flags."""
    prefix = engine.variables
    return {k: v for k, v in environment.items() if prefix is not None and k.startswith(prefix)}
