"""Streamed completions, made from streamed chat completions."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lambda_api.chat.stream import ChatStream
from lambda_api.completions.translation import completion_chunk
from lambda_api.streaming.sse import DONE, payloads


class CompletionStream:
    """A streamed completion: one iteration gives blocks of whole events, ending in `[DONE]`.

    Args:
        chat: The answer that the completion is made from.

    Attributes:
        chat: The answer that the completion is made from.
    """

    def __init__(self, chat: ChatStream) -> None:
        self.chat = chat

    def close(self) -> None:
        """Stop the upstream read, if still running; safe from any thread."""
        self.chat.close()

    def __iter__(self) -> Iterator[bytes]:
        """Yield blocks of whole events."""
        for block in self.chat:
            if events := b"".join(map(_event, payloads(block))):
                yield events


def _event(payload: bytes) -> bytes:
    if payload == b"[DONE]":
        return DONE
    try:
        chunk = json.loads(payload)
    except ValueError:
        return b""
    if "error" not in chunk:
        chunk = completion_chunk(chunk)
    return b"data: %b\n\n" % json.dumps(chunk).encode() if chunk else b""
