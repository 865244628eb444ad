"""Server-sent events over payload parts that are cut anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Protocol

DONE = b"data: [DONE]\n\n"
"""The event that ends an OpenAI stream."""

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment, which clients skip: html.spec.whatwg.org/multipage/server-sent-events.html."""

_TERMINATORS = (b"\n\n", b"\n\r\n")


class Reassembler(Protocol):
    """A converter of parts cut anywhere into whole events."""

    def feed(self, part: bytes) -> bytes:
        """Take a part; return the events that are complete by now, if any."""

    def flush(self) -> bytes:
        """Return the rest at the end if that is a whole event without a terminator."""


class SseReassembler:
    """The reassembler for engines that speak server-sent events: bytes pass unchanged."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> bytes:
        """Take a part; return the events that are complete by now, if any."""
        data = self._rest + part if self._rest else part
        if data.endswith(_TERMINATORS):
            self._rest = b""
            return data
        end = max(data.rfind(end) + len(end) if end in data else 0 for end in _TERMINATORS)
        self._rest = data[end:]
        return data[:end]

    def flush(self) -> bytes:
        """Return the rest at the end if that is a whole event without a terminator."""
        return _event(self._rest.strip().removeprefix(b"data:").strip())


class JsonLinesReassembler:
    """The reassembler for engines that send one JSON object a line (LMI): each becomes an event."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> bytes:
        """Take a part; return the events that are complete by now, if any."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        return b"".join(b"data: %b\n\n" % line.strip() for line in lines if line.strip())

    def flush(self) -> bytes:
        """Return the rest at the end if that is a whole event without a terminator."""
        return _event(self._rest.strip())


def _event(data: bytes) -> bytes:
    """Return the event that carries `data`, or nothing if that was cut in the middle."""
    if not data:
        return b""
    if data != b"[DONE]":
        try:
            json.loads(data)
        except ValueError:
            return b""
    return b"data: %b\n\n" % data


def reassembler_for(content_type: str) -> Reassembler:
    """Return the reassembler for an engine's content type."""
    return JsonLinesReassembler() if "jsonlines" in content_type else SseReassembler()


def payloads(block: bytes) -> Iterator[bytes]:
    """Yield the data of each event in a block of whole events."""
    for line in block.splitlines():
        if line.startswith(b"data:"):
            yield line.removeprefix(b"data:").strip()
