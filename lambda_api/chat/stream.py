"""A streamed answer on its way from the engine to the client."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from time import perf_counter
from typing import Protocol

from lambda_api.engine.json_fields import (
    Usage,
    finishes_in,
    has_usage,
    is_only_usage,
    model_field,
    model_field_in,
    usage_in,
)
from lambda_api.error_status import body_of, status_of
from lambda_api.errors import EngineError, ServiceError, StreamBrokenError
from lambda_api.streaming.sse import DONE, Reassembler, reassembler_for

_DONE_ENDINGS = (b"[DONE]\n\n", b"[DONE]\r\n\r\n")
_ERROR_EVENT = b'data: {"error"'
_BETWEEN_EVENTS = re.compile(rb"(?<=\n\n)|(?<=\n\r\n)")


class UpstreamStream(Protocol):
    """An answer in the making. Iterating blocks, and may raise a ServiceError.

    Attributes:
        content_type: The media type of the bytes; known from the first bytes on.
    """

    content_type: str

    def __iter__(self) -> Iterator[bytes]:
        """Yield the answer's bytes as they come, cut anywhere."""

    def close(self) -> None:
        """Stop the reading; safe from any thread, more than once, while another thread reads."""


class ChatStream:
    """A streamed answer: one iteration gives blocks of whole events, ending in `[DONE]`.

    A failure midway becomes one error event, after which the stream ends without `[DONE]`.
    Bytes pass through; only what must be changed or counted is looked at.

    Args:
        source: The engine's answer.
        model_id: The name clients know the model by.
        choices: Number of answers that were asked for; each tells of its end.
        shows_usage: True if the client asked for the usage.

    Attributes:
        usage: The usage, once the engine told; None if it never does.
        error: The failure that broke the answer off.
        was_abandoned: True if `close` came before the end.
        first_event_at: `time.perf_counter()` at the first event.
    """

    def __init__(
        self, source: UpstreamStream, *, model_id: str, choices: int, shows_usage: bool
    ) -> None:
        self.usage: Usage | None = None
        self.error: ServiceError | None = None
        self.was_abandoned = False
        self.first_event_at: float | None = None
        self._source = source
        self._ours = model_field(model_id)
        self._theirs = b""
        self._is_nameless = True
        self._shows_usage = shows_usage
        self._unfinished = choices
        self._is_done = False
        self._has_ended = False

    def close(self) -> None:
        """Stop the upstream read, if still running; safe from any thread."""
        if not self._has_ended:
            self.was_abandoned = True
        self._source.close()

    def __iter__(self) -> Iterator[bytes]:
        """Yield blocks of whole events."""
        try:
            yield from filter(None, self._blocks())
        except ServiceError as error:
            if not self._is_done and not self.was_abandoned:
                self.error = error
                yield _error_event(error)
        finally:
            self._has_ended = True
            self._source.close()

    def _blocks(self) -> Iterator[bytes]:
        reassembler: Reassembler | None = None
        for part in self._source:
            reassembler = reassembler or reassembler_for(self._source.content_type)
            block = reassembler.feed(part)
            # What follows [DONE] is read so that the connection can be used again.
            if block and not self._is_done:
                yield self._pass_on(block)
        if reassembler and not self._is_done and (rest := reassembler.flush()):
            yield self._pass_on(rest)
        if not self._is_done and not self.error:
            if self._unfinished > 0:
                raise StreamBrokenError("the model stopped before its answer was complete")
            yield DONE

    def _pass_on(self, block: bytes) -> bytes:
        if self._is_nameless:
            self._learn(block)
        if block.endswith(_DONE_ENDINGS):
            self._is_done = True
            block = block[: block.rindex(b"data:")] + DONE
        if _ERROR_EVENT in block:
            self.error = EngineError("the model failed while answering", reason="error event")
        self._unfinished -= finishes_in(block)
        if has_usage(block):
            block = self._count_usage(block)
        return block.replace(self._theirs, self._ours) if self._theirs else block

    def _learn(self, block: bytes) -> None:
        """Learn the engine's name of the model, which a comment or an empty event does not tell."""
        if self.first_event_at is None and b"data:" in block:
            self.first_event_at = perf_counter()
        if theirs := model_field_in(block):
            self._is_nameless = False
            self._theirs = b"" if theirs == self._ours else theirs

    def _count_usage(self, block: bytes) -> bytes:
        self.usage = usage_in(block) or self.usage
        if self._shows_usage:
            return block
        events = _BETWEEN_EVENTS.split(block)
        return b"".join(event for event in events if not is_only_usage(event))


def _error_event(error: ServiceError) -> bytes:
    body = body_of(error.message, status_of(error), param=error.param, code=error.code)
    return b"data: %b\n\n" % json.dumps(body).encode()
