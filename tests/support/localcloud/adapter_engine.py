"""An engine that loads adapters as vLLM's container does, and tells what it knows.

As a module it is the engine, and with `--cloud` a local cloud in which it stands for vLLM's images.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localcloud import server
from localcloud.engines import Engine, register_engine

REFUSED = "refused.txt"
"""File of an adapter that the engine refuses."""


class Handler(BaseHTTPRequestHandler):
    loaded: Mapping[str, str] = {}

    def do_GET(self) -> None:
        self._answer(200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/adapters":
            named = self.headers.get("x-amzn-sagemaker-adapter-identifier")
            told = {"adapter": named, "loaded": dict(self.loaded)}
            self._answer(200, told | {"variable": os.environ.get("STANDIN_VARIABLE")})
        elif (Path(body["src"]) / REFUSED).exists():
            self._answer(400, {"error": "no adapter of this model"})
        else:
            text = (Path(body["src"]) / "weights.txt").read_text()
            type(self).loaded = {**self.loaded, body["name"]: text}
            self._answer(200, {})

    def do_DELETE(self) -> None:
        name = self.path.rpartition("/")[2]
        type(self).loaded = {k: v for k, v in self.loaded.items() if k != name}
        self._answer(200, {})

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def serve() -> None:
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    sys.stdout.write(f"listening on http://127.0.0.1:{http.server_port}\n")
    sys.stdout.flush()
    while os.read(sys.stdin.fileno(), 4096):
        pass


if __name__ == "__main__":
    if "--model-dir" in sys.argv:
        serve()
    else:
        register_engine(
            "vllm",
            Engine(
                module="tests.support.localcloud.adapter_engine",
                ping="/ping",
                invocations="/invocations",
                metrics="/metrics",
                arguments=lambda _: [],
                error_pattern=re.compile("Error: (.+)"),
                adapters="/adapters",
                variables="STANDIN_",
            ),
        )
        server.main()
