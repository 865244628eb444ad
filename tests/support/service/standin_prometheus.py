"""A server that answers PromQL as CloudWatch does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class PrometheusServer(ThreadingHTTPServer):
    """Has values for queries; one `answer` instead of all of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Query)
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.values: dict[str, list[str]] = {}
        self.status = 200
        self.answer = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def queries(self) -> list[str]:
        """What was asked for."""
        return [parse_qs(body.decode())["query"][0] for _, _, body in self.asked]


@contextmanager
def prometheus_server() -> Iterator[PrometheusServer]:
    with PrometheusServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Query(BaseHTTPRequestHandler):
    """Answers a query with the server's values for it."""

    server: PrometheusServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        (query,) = parse_qs(body.decode())["query"]
        self.server.asked.append((self.path, dict(self.headers), body))
        values = self.server.values.get(query, [])
        result = [{"metric": {}, "value": [1_795_000_000.5, value]} for value in values]
        document = {"status": "success", "data": {"resultType": "vector", "result": result}}
        answer = self.server.answer or json.dumps(document).encode()
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        pass
