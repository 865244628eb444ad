"""An engine of exactly known speed: it computes nothing, and takes the time a GPU would.

Continuous batching as `planner/hardware/throughput.py` describes it: prefill stalls decoding, then
each step makes one token for every sequence. On AWS each instance is a machine of its own; here
they share
two cores, on which only an engine that waits instead of computing is as fast among others as alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.ports import free_port


@dataclass
class Sequence:
    """A request, and the tokens it is still to get."""

    tokens: int
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Batch:
    """The sequences of one instance; times are real seconds."""

    def __init__(self, prefill: float, step: float, sequence: float, slots: int) -> None:
        self._prefill, self._step, self._sequence = prefill, step, sequence
        self._slots = slots
        self._waiting: deque[Sequence] = deque()
        self._active: list[Sequence] = []
        self._arrived = asyncio.Event()

    async def complete(self, tokens: int) -> None:
        """Wait in the queue, then for every token."""
        sequence = Sequence(tokens)
        self._waiting.append(sequence)
        self._arrived.set()
        await sequence.done.wait()

    async def run(self) -> None:
        """Prefill and decode for ever."""
        at = time.monotonic()
        while True:
            if not self._active and not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                at = time.monotonic()
            admits = bool(self._waiting) and len(self._active) < self._slots
            at += self._prefill if admits else self._step + len(self._active) * self._sequence
            await asyncio.sleep(at - time.monotonic())  # a late step makes the next one shorter
            if admits:
                self._active.append(self._waiting.popleft())
            self._give_tokens(self._active[-1:] if admits else self._active)

    def _give_tokens(self, sequences: list[Sequence]) -> None:
        for sequence in sequences:
            sequence.tokens -= 1
            if sequence.tokens <= 0:
                sequence.done.set()
        self._active = [one for one in self._active if one.tokens > 0]


def application(batch: Batch) -> Starlette:
    """The container's contract around a batch."""

    async def ping(_: Request) -> Response:
        return Response()

    async def invoke(request: Request) -> Response:
        await batch.complete(int((await request.json())["max_tokens"]))
        return JSONResponse({})

    return Starlette(routes=[Route("/ping", ping), Route("/invocations", invoke, methods=["POST"])])


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-dir", type=Path)
    for name, kind in (("prefill", float), ("step", float), ("sequence", float), ("slots", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    options = vars(parser.parse_args())
    options.pop("model_dir")
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    asyncio.run(_serve(**options))


async def _serve(**speed: float) -> None:
    batch, port = Batch(**speed), free_port()  # type: ignore[arg-type]
    server = uvicorn.Server(
        uvicorn.Config(application(batch), host="127.0.0.1", port=port, log_level="error")
    )
    running = asyncio.create_task(batch.run())
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    await server.serve()
    running.cancel()


def _exit_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
