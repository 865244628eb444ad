"""Streamed responses, made from streamed chat completions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lambda_api.chat.stream import ChatStream
from lambda_api.engine.json_fields import parsed
from lambda_api.errors import EngineError, ServiceError
from lambda_api.responses.events import CallWriter, Events, MessageWriter
from lambda_api.responses.from_chat_answer import failed, finished, new_id, usage_of
from lambda_api.responses.schemas import Outcome, OutputItem, Response, ResponseUsage
from lambda_api.streaming.sse import payloads


class ResponseStream:
    """A streamed response: one iteration gives blocks of whole events.

    The last event is `response.completed`, `response.incomplete` or `response.failed`.

    Args:
        chat: The answer that the response is made from, which has to tell its usage.
        response: The response as it begins.
        keep: Stores the response at the end, before the client learns of that, and returns the
            response as the client gets it.

    Attributes:
        chat: The answer that the response is made from.
    """

    def __init__(
        self, chat: ChatStream, response: Response, keep: Callable[[Response], Response]
    ) -> None:
        self.chat = chat
        self._response = response
        self._keep = keep
        self._events = Events()
        self._items: list[MessageWriter | CallWriter] = []
        self._message: MessageWriter | None = None
        self._calls: dict[int, CallWriter] = {}
        self._finish_reason: str | None = None
        self._usage: ResponseUsage | None = None

    def close(self) -> None:
        """Stop the upstream read, if still running; safe from any thread."""
        self.chat.close()

    def __iter__(self) -> Iterator[bytes]:
        """Yield blocks of whole events."""
        began = self._response.model_dump()
        yield self._events.event("response.created", response=began) + self._events.event(
            "response.in_progress", response=began
        )
        try:
            for block in self.chat:
                if made := b"".join(map(self._advance, payloads(block))):
                    yield made
        except EngineError as error:
            self.chat.error = error
        if not self.chat.was_abandoned:
            yield from self._end(self.chat.error)

    def _advance(self, payload: bytes) -> bytes:
        if payload == b"[DONE]":
            return b""
        try:
            chunk = parsed(payload)
            self._usage = usage_of(chunk.get("usage")) or self._usage
            return b"".join(map(self._choice, chunk.get("choices") or ()))
        except (ValueError, LookupError, TypeError, AttributeError):
            raise EngineError(
                "the model's answer could not be read", reason="no completion chunk"
            ) from None

    def _choice(self, choice: dict[str, Any]) -> bytes:
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        delta = choice.get("delta") or {}
        made = self._write(delta["content"]) if delta.get("content") else b""
        return made + b"".join(map(self._call, delta.get("tool_calls") or ()))

    def _write(self, text: str) -> bytes:
        begun = b""
        if self._message is None:
            self._message = MessageWriter(self._events, len(self._items))
            begun = self._begin(self._message)
        return begun + self._message.add(text)

    def _call(self, delta: dict[str, Any]) -> bytes:
        function, begun = delta.get("function") or {}, b""
        call = self._calls.get(delta["index"])
        if call is None:
            call_id = delta.get("id") or new_id("call")
            call = CallWriter(self._events, len(self._items), function["name"], call_id)
            self._calls[delta["index"]] = call
            begun = self._begin(call)
        return begun + (call.add(function["arguments"]) if function.get("arguments") else b"")

    def _begin(self, item: MessageWriter | CallWriter) -> bytes:
        self._items.append(item)
        return item.begin()

    def _end(self, error: ServiceError | None) -> Iterator[bytes]:
        if not self._items and not error:
            yield self._write("")
        outcome = self._outcome(error)
        if not error:
            yield b"".join(
                item.end(whole) for item, whole in zip(self._items, outcome.output, strict=True)
            )
        response = self._keep(self._response.model_copy(update=dict(outcome)))
        yield self._events.event(f"response.{outcome.status}", response=response.model_dump())

    def _outcome(self, error: ServiceError | None) -> Outcome:
        output: list[OutputItem] = [item.item() for item in self._items]
        if error:
            cut = [item.model_copy(update={"status": "incomplete"}) for item in output]
            return failed(error, cut)
        return finished(output, self._finish_reason, self._usage)
