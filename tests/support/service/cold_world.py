"""Clients of an endpoint that is cold, and what it answers when it is not."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse

from lambda_api.cold_start.monitor import Pace
from tests.support.service.standin_runtime import (
    Received,
    Reply,
    Stream,
    completion_events,
    service_error,
)

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
ASKS = {
    CHAT: {"model": "twin", "messages": [{"role": "user", "content": "hi"}]},
    RESPONSES: {"model": "twin", "input": "hi"},
}
WORDS = ["Grüß ", "dich", " 👋"]
PACE = Pace(poll_seconds=0.05, probe_seconds=0.2)
LONG = 60.0
"""Longer than any test waits: what ends sooner did not end by this."""


NO_CAPACITY = service_error(
    400,
    "ValidationError",
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be "
    "in-progress (if configured) or try to increase the capacity by invoking "
    "UpdateInferenceComponentRuntimeConfig API.",
)
"""What a component at zero copies answers."""


@dataclass
class ColdEndpoint:
    """An answer that comes only once the endpoint is up.

    Args:
        warm: What it says then.
        cold: What it says before.
    """

    warm: Callable[[Received], Reply | Stream]
    cold: Reply = NO_CAPACITY
    is_up: threading.Event = field(default_factory=threading.Event)
    refused: int = 0
    answered: int = 0

    def __call__(self, call: Received) -> Reply | Stream:
        if self.is_up.is_set():
            self.answered += 1
            return self.warm(call)
        self.refused += 1
        return self.cold


def warm(_call: Received) -> Reply | Stream:
    return Stream(completion_events(WORDS))


@contextmanager
def posted(url: str, path: str = CHAT, **fields) -> Iterator[HTTPResponse]:
    """A request's answer, to be read as it comes; leaving ends the connection."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=LONG)
    body = json.dumps({**ASKS[path], **fields})
    connection.request("POST", path, body, {"content-type": "application/json"})
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def post(url: str, path: str = CHAT, **fields) -> tuple[int, dict[str, str], dict]:
    """A request's status, headers and body."""
    with posted(url, path, **fields) as answer:
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, json.loads(answer.read())


def silent_client(url: str, **fields) -> socket.socket:
    """A client that has asked and reads nothing."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    body = json.dumps({**ASKS[CHAT], **fields})
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall((head + body).encode())
    return connection


def events(body: bytes) -> list[dict]:
    """What the events of a stream carry, but for its end."""
    lines = body.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def text(body: bytes) -> str:
    """What the chunks of a stream say."""
    choices = [choice for event in events(body) for choice in event.get("choices", ())]
    return "".join(choice["delta"].get("content", "") for choice in choices)
