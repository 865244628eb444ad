"""A receiver of webhooks that refuses each event once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "whsec_" + "dGVzdCB0ZXN0" * 3
"""A key that signs the events."""


@dataclass(frozen=True)
class Attempt:
    """An event as it came."""

    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class WebhookReceiver:
    port: int = 0
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def of(self, event_id: str) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.event_id == event_id]

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Answer an event: 503 the first time, 204 from then on."""
        status = 204 if self.of(headers["webhook-id"]) else 503
        self.attempts.append(Attempt(headers, body, status))
        return status


@contextmanager
def receiving() -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(receiver.take(dict(self.headers), body))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
