"""Streamed responses, made from streamed chat completions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lambda_api.chat.stream import ChatStream
from lambda_api.engine.json_fields import parsed
from lambda_api.errors import EngineError, ServiceError
from lambda_api.response_objects.events import (
    CallWriter,
    Events,
    ItemWriter,
    MessageWriter,
    ReasoningWriter,
    search_events,
)
from lambda_api.response_objects.from_chat_answer import (
    Logprobs,
    failed,
    finished,
    logprobs_in,
    new_id,
    thoughts_in,
    usage_of,
)
from lambda_api.response_objects.schemas import (
    FileSearchCall,
    Outcome,
    OutputItem,
    Response,
    ResponseUsage,
)
from lambda_api.response_requests.items import output_id
from lambda_api.retrieval.citations import CitationFinder, CitedFile
from lambda_api.streaming.sse import payloads


class ResponseStream:
    """A streamed response: one iteration gives blocks of whole events.

    The last event is `response.completed`, `response.incomplete` or `response.failed`.

    Args:
        chat: The answer that the response is made from, which has to tell its usage.
        response: The response as it begins.
        keep: Stores the response at the end, before the client learns of that, and returns the
            response as the client gets it.
        search: The search before the answer, if there was one.
        files: The files of the blocks that the model read.

    Attributes:
        chat: The answer that the response is made from.
    """

    def __init__(
        self,
        chat: ChatStream,
        response: Response,
        keep: Callable[[Response], Response],
        search: FileSearchCall | None = None,
        files: Sequence[CitedFile] = (),
    ) -> None:
        self.chat = chat
        self._response = response
        self._keep = keep
        self._search = [search] if search else []
        self._files = files
        self._events = Events()
        self._items: list[ItemWriter] = []
        self._open: list[ItemWriter] = []
        self._text: MessageWriter | ReasoningWriter | None = None
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
        for place, call in enumerate(self._search):
            yield search_events(self._events, place, call)
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
        thought, made = thoughts_in(delta), b""
        if thought:
            made = self._think(thought)
        if delta.get("content"):
            logprobs = logprobs_in(choice) if choice.get("logprobs") else None
            made += self._write(delta["content"], logprobs)
        return made + b"".join(map(self._call, delta.get("tool_calls") or ()))

    def _think(self, text: str) -> bytes:
        begun, writer = b"", self._text
        if not isinstance(writer, ReasoningWriter):
            writer = ReasoningWriter(self._events, *self._place("reasoning"))
            begun, self._text = self._begin(writer), writer
        return begun + writer.add(text)

    def _write(self, text: str, logprobs: Logprobs | None = None) -> bytes:
        begun, writer = b"", self._text
        if not isinstance(writer, MessageWriter):
            citations = CitationFinder(self._files)
            writer = MessageWriter(self._events, *self._place("message"), citations=citations)
            begun, self._text = self._begin(writer), writer
        return begun + writer.add(text, logprobs)

    def _call(self, delta: dict[str, Any]) -> bytes:
        function, begun = delta.get("function") or {}, b""
        call = self._calls.get(delta["index"])
        if call is None:
            name, call_id = function["name"], delta.get("id") or new_id("call")
            place = self._place("function_call")
            call = CallWriter(self._events, *place, name=name, call_id=call_id)
            self._calls[delta["index"]] = call
            begun = self._begin(call)
        return begun + (call.add(function["arguments"]) if function.get("arguments") else b"")

    def _place(self, kind: str) -> tuple[int, str]:
        place = len(self._search) + len(self._items)
        return place, output_id(kind, self._response.id, place)

    def _begin(self, item: ItemWriter) -> bytes:
        """Begin an item; a text before it is over, while calls may come in turns."""
        ended = b""
        if self._text:
            ended = self._text.end(self._text.item())
            self._open.remove(self._text)
            self._text = None
        self._items.append(item)
        self._open.append(item)
        return ended + item.begin()

    def _end(self, error: ServiceError | None) -> Iterator[bytes]:
        if not error and not any(not isinstance(item, ReasoningWriter) for item in self._items):
            yield self._write("")
        outcome = self._outcome(error)
        if not error:
            yield b"".join(item.end(outcome.output[item.index]) for item in self._open)
        response = self._keep(self._response.model_copy(update=dict(outcome)))
        yield self._events.event(f"response.{outcome.status}", response=response.model_dump())

    def _outcome(self, error: ServiceError | None) -> Outcome:
        output: list[OutputItem] = [item.item() for item in self._items]
        if error:
            cut = [
                item.model_copy(update={"status": "incomplete"}) if writer in self._open else item
                for writer, item in zip(self._items, output, strict=True)
            ]
            return failed(error, [*self._search, *cut])
        return finished([*self._search, *output], self._finish_reason, self._usage)
