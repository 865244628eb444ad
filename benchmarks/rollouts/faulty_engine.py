"""An engine that computes nothing, and fails a share of its requests with 500."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import threading
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.ports import free_port


def application(failing: float) -> Starlette:
    """The container's contract; of every hundred requests so many fail, evenly spread."""
    numbers = itertools.count(1)

    async def ping(_: Request) -> Response:
        return Response()

    async def invoke(request: Request) -> Response:
        await request.body()
        number = next(numbers)
        fails = int(number * failing) > int((number - 1) * failing)
        return JSONResponse({}, status_code=500 if fails else 200)

    return Starlette(routes=[Route("/ping", ping), Route("/invocations", invoke, methods=["POST"])])


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-dir", type=Path)
    parser.add_argument("--failing", type=float, required=True)
    failing, port = parser.parse_args().failing, free_port()
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    uvicorn.run(application(failing), host="127.0.0.1", port=port, log_level="error")


def _exit_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
