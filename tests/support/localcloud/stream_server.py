"""A function behind the Lambda Web Adapter, with nothing but the standard library."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    import pydantic  # there in the tests' environment, and not in the package
except ImportError:
    pydantic = None

left = []
gate = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            self.answer({"ok": True})
        elif self.path == "/v1/left":
            self.answer(left)
        elif self.path == "/v1/open":
            gate.set()
            self.answer({})
        elif self.path == "/v1/die":
            os._exit(3)
        elif self.path.startswith("/v1/slow"):
            time.sleep(float(self.path.rpartition("=")[2]))
            self.answer({"slept": True})
        else:
            self.do_POST()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/v1/ticks"):
            self.stream(self.ticks, int(self.path.partition("n=")[2] or 5))
        elif self.path == "/v1/gated":
            self.stream(self.gated)
        elif self.path == "/refused":
            self.send_error(500)
        elif self.path == "/v1/measured":
            self.say(body.decode())
            self.answer({})
        elif self.path == "/v1/late":
            self.stream(self.ticks, 1)
            time.sleep(0.3)
            self.say("written after the end")
        else:
            self.say(f"echo {self.path}")
            self.answer(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "header_lines": self.headers.items(),
                    "body": body.decode("latin-1"),
                    "environment": dict(os.environ),
                    "pid": os.getpid(),
                    "executable": sys.executable,
                    "pydantic": pydantic is not None,
                }
            )

    def do_PUT(self):
        self.do_POST()

    def stream(self, make, *arguments):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in make(*arguments):
                self.chunk(f"data: {piece}\n\n".encode())
            self.chunk(b"")
        except OSError:
            left.append(self.path)

    def ticks(self, count):
        for number in range(count):
            yield number
            time.sleep(0.05)

    def gated(self):
        """The second piece is made when somebody has asked for /v1/open."""
        gate.clear()
        yield "closed"
        gate.wait()
        yield "open"

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say(self, line):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["AWS_LWA_PORT"])), Handler).serve_forever()
