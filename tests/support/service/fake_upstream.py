"""An upstream that says what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lambda_api.errors import ServiceError


@dataclass
class FakeStream:
    parts: Sequence[bytes | Exception]
    content_type: str = "text/event-stream"
    closed: int = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    def close(self) -> None:
        self.closed += 1


@dataclass
class FakeUpstream:
    answer: bytes | ServiceError = b"{}"
    stream: FakeStream | None = None
    payloads: list[bytes] = field(default_factory=list)
    prefixes: list[str | None] = field(default_factory=list)

    def complete(self, payload: bytes, prefix: str | None = None) -> bytes:
        self._note(payload, prefix)
        if isinstance(self.answer, ServiceError):
            raise self.answer
        return self.answer

    def open_stream(self, payload: bytes, prefix: str | None = None) -> FakeStream:
        self._note(payload, prefix)
        if self.stream:
            return self.stream
        if isinstance(self.answer, ServiceError):
            raise self.answer
        # What an engine does that streams nothing.
        return FakeStream([self.answer], "application/json")

    def _note(self, payload: bytes, prefix: str | None) -> None:
        self.payloads.append(payload)
        self.prefixes.append(prefix)
