"""A monolith's engine, killed while it answers: llama.cpp in a process of its own, the demo model.

In the function both are one process. Here only the engine dies, as it does by a failure of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from lambda_api.llama_cpp.server import Server
from lambda_api.llama_cpp.upstream import LoopbackEngine
from lambda_api.main import create_app
from lambda_api.settings import Settings
from tests.support.project import PROJECT
from tests.support.service.serving import served

_ENGINE = """
import sys
from lambda_api.llama_cpp.server import Model, serve
server = serve(Model(sys.argv[1], "mapped", 4096, 1))
print(server.port, server.key, flush=True)
sys.stdin.read()
"""
LONG = {"max_tokens": 3000, "ignore_eos": True}
"""An answer that nobody reads to its end."""


@contextmanager
def engine() -> Iterator[tuple[subprocess.Popen[str], Server]]:
    (model,) = (PROJECT / "model_artifacts" / "demo").glob("*.gguf")
    command = [sys.executable, "-c", _ENGINE, str(model)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=PROJECT, text=True, **pipes) as process:
        assert process.stdout is not None
        port, key = process.stdout.readline().split()
        yield process, Server(int(port), key, None)
        process.kill()


def asked(**fields: object) -> dict[str, object]:
    messages = [{"role": "user", "content": "What is an endpoint config?"}]
    return {"model": "twin", "messages": messages, **fields}


def test_an_engine_killed_in_mid_stream_is_one_error_event_and_the_end() -> None:
    settings = Settings(
        stage="tiny", endpoint_name="twin-tiny", model_id="twin", engine="llama-cpp"
    )
    ended: list[bool] = []
    with engine() as (process, server):
        app = create_app(settings, LoopbackEngine(server, 60, give_up=lambda: ended.append(True)))
        with served(app) as url, httpx2.Client(base_url=f"{url}/v1", timeout=30) as http:
            with http.stream("POST", "chat/completions", json=asked(stream=True, **LONG)) as answer:
                assert answer.status_code == 200
                lines = answer.iter_lines()
                first = next(lines)
                process.kill()
                killed = time.monotonic()
                *spoken, last = [line for line in lines if line]
                assert time.monotonic() - killed < 10
            assert '"error"' not in first + "".join(spoken)
            error = json.loads(last.removeprefix("data: "))["error"]
            assert error.keys() == {"message", "type", "param", "code"}
            assert error["type"] == "server_error"
            assert "stopped before its answer was complete" in error["message"]

            process.wait()
            refused = http.post("chat/completions", json=asked())
            assert refused.status_code == 503
            assert ended == [True]
