"""The vLLM container's entry point: vLLM itself, in the environment that `make vllm` installs.

This module runs on that environment's Python, which has nothing of this project: it may import the
standard library and vLLM alone. Ends with its standard input; vLLM's engine core, a process of its
own, ends with this one.
"""

from __future__ import annotations

import hmac
import os
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from importlib import import_module
from typing import Any

from localcloud.engines.container_arguments import CONTAINER_MODEL_DIR
from localcloud.engines.key import VARIABLE

SMALL_MACHINE = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB; the default is 4, for each replica
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # replicas share the cores
    "OMP_NUM_THREADS": "2",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    # Nothing is compiled at its first use: the first schema kept all callers for 12 to 32 s.
    "TORCHDYNAMO_DISABLE": "1",
}
"""vLLM's variables where nobody has set them:
https://docs.vllm.ai/en/stable/configuration/env_vars/"""

ON_CPUS = {"--dtype": ["float32"], "--enforce-eager": []}
"""Flags where the model's config does not give them: what two cores compute soonest."""

WITHOUT_GPUS = frozenset({"--tensor-parallel-size", "--gpu-memory-utilization"})
"""Flags that say how GPUs are shared; each takes one value."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class KeyGuard:
    """The door of the engine: whoever does not know its key may ask for its health alone.

    vLLM's own `--api-key` guards `/v1` and not `/invocations`.
    """

    def __init__(self, app: Application) -> None:
        """Take the application behind the door."""
        self._app = app
        self._key = f"Bearer {os.environ.get(VARIABLE, '')}"  # noqa: TID251 - as engines take it

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401."""
        if scope["type"] != "http" or scope["path"] == "/ping" or self._knows_key(scope):
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def _knows_key(self, scope: Message) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._key.encode())


def main() -> None:
    """Serve until standard input ends."""
    threading.Thread(target=_exit_with_input, daemon=True).start()
    for name, value in SMALL_MACHINE.items():
        os.environ.setdefault(name, value)  # noqa: TID251 - read by vLLM when it is imported
    port = _free_port()
    sys.argv = ["vllm", *engine_arguments(sys.argv[1:], port)]
    _say(f"vLLM's arguments: {' '.join(sys.argv[1:])}")
    _say(f"listening on http://127.0.0.1:{port} once the model is loaded")
    # The type checker's environment has no vLLM.
    import_module("vllm.entrypoints.launchers.api_server.entry").main()


def engine_arguments(arguments: Sequence[str], port: int) -> list[str]:
    """Turn the container's command line into one that two cores and no GPU can run.

    Args:
        arguments: `--model-dir DIR`, then what the container's entry point would give vLLM.
        port: TCP port to listen on.
    """
    _, model_dir, *given = arguments
    kept: list[str] = []
    for flag, values in _by_flag(given):
        if flag in WITHOUT_GPUS:
            _say(f"WARNING: {flag} {' '.join(values)} ignored: no GPU here")
        else:
            kept += [flag, *(value.replace(CONTAINER_MODEL_DIR, model_dir) for value in values)]
    for flag, values in ON_CPUS.items():
        if flag not in kept:
            kept += [flag, *values]
    door = f"{__spec__.name if __spec__ else __name__}.{KeyGuard.__name__}"
    return [*kept, "--host", "127.0.0.1", "--port", str(port), "--middleware", door]


def _by_flag(arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for argument in arguments:
        if argument.startswith("--"):
            found.append((argument, []))
        else:
            found[-1][1].append(argument)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the log


def _exit_with_input() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def _exit_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    # In vLLM's engine core, which multiprocessing starts with this module imported: nothing else
    # ends it when the process that started it is killed.
    threading.Thread(target=_exit_with_parent, daemon=True).start()
