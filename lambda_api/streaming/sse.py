"""Server-sent events over payload parts that are cut anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Protocol

DONE = b"data: [DONE]\n\n"
"""What ends an OpenAI stream."""

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which clients skip: html.spec.whatwg.org/multipage/server-sent-events.html."""

_TERMINATORS = (b"\n\n", b"\n\r\n")


class Reassembler(Protocol):
    """Turns parts cut anywhere into whole events."""

    def feed(self, part: bytes) -> bytes:
        """Take a part; give back the events it completes, which may be none."""

    def flush(self) -> bytes:
        """Give back what is left at the end if it is a whole event, without its terminator."""


class SseReassembler:
    """For engines that speak server-sent events themselves: their bytes pass unchanged."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> bytes:
        """Take a part; give back the events it completes, which may be none."""
        data = self._rest + part if self._rest else part
        if data.endswith(_TERMINATORS):
            self._rest = b""
            return data
        end = max(data.rfind(end) + len(end) if end in data else 0 for end in _TERMINATORS)
        self._rest = data[end:]
        return data[:end]

    def flush(self) -> bytes:
        """Give back what is left at the end if it is a whole event, without its terminator."""
        return _event(self._rest.strip().removeprefix(b"data:").strip())


class JsonLinesReassembler:
    """For engines that send one JSON object a line (LMI): each line becomes an event."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> bytes:
        """Take a part; give back the events it completes, which may be none."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        return b"".join(b"data: %b\n\n" % line.strip() for line in lines if line.strip())

    def flush(self) -> bytes:
        """Give back what is left at the end if it is a whole event, without its terminator."""
        return _event(self._rest.strip())


def _event(data: bytes) -> bytes:
    """The event that carries `data`, or nothing if it was cut in the middle."""
    if data != b"[DONE]":
        try:
            json.loads(data)
        except ValueError:
            return b""
    return b"data: %b\n\n" % data


def reassembler_for(content_type: str) -> Reassembler:
    """The reassembler for what the engine says it sends."""
    return JsonLinesReassembler() if "jsonlines" in content_type else SseReassembler()


def payloads(block: bytes) -> Iterator[bytes]:
    """What each event of a block of whole events carries."""
    for line in block.splitlines():
        if line.startswith(b"data:"):
            yield line.removeprefix(b"data:").strip()
