"""A streamed answer as the events of a response.

The events are those of platform.openai.com/docs/api-reference/responses-streaming.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lambda_api.chat_stream import ChatStream
from lambda_api.errors import EngineError, ServiceError
from lambda_api.response_output import failed, finished, message, new_id, usage_of
from lambda_api.response_schemas import (
    FunctionCall,
    Outcome,
    OutputItem,
    OutputMessage,
    OutputText,
    Response,
    ResponseUsage,
)
from lambda_api.sse import payloads


class _Events:
    """Writes events and numbers them."""

    def __init__(self) -> None:
        self._numbers = count()

    def event(self, kind: str, **fields: Any) -> bytes:  # noqa: ANN401
        told = {"type": kind, "sequence_number": next(self._numbers), **fields}
        return f"event: {kind}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


@dataclass
class _Message:
    """A message that is being written."""

    events: _Events
    index: int
    item_id: str = field(default_factory=lambda: new_id("msg"))
    written: list[str] = field(default_factory=list)

    def begin(self) -> bytes:
        item = OutputMessage(id=self.item_id, status="in_progress", content=[])
        return self.events.event(
            "response.output_item.added", output_index=self.index, item=item.model_dump()
        ) + self._content("part.added", part=OutputText(text="").model_dump())

    def add(self, text: str) -> bytes:
        self.written.append(text)
        return self._text("delta", delta=text)

    def item(self) -> OutputMessage:
        return message("".join(self.written), self.item_id)

    def end(self, item: OutputItem) -> bytes:
        text = "".join(self.written)
        return (
            self._text("done", text=text)
            + self._content("part.done", part=OutputText(text=text).model_dump())
            + _ended(self.events, self.index, item)
        )

    def _text(self, what: str, **fields: Any) -> bytes:  # noqa: ANN401
        return self._about(f"response.output_text.{what}", logprobs=[], **fields)

    def _content(self, what: str, **fields: Any) -> bytes:  # noqa: ANN401
        return self._about(f"response.content_{what}", **fields)

    def _about(self, kind: str, **fields: Any) -> bytes:  # noqa: ANN401
        return self.events.event(
            kind, item_id=self.item_id, output_index=self.index, content_index=0, **fields
        )


@dataclass
class _Call:
    """A function call that is being written."""

    events: _Events
    index: int
    name: str
    call_id: str
    item_id: str = field(default_factory=lambda: new_id("fc"))
    written: list[str] = field(default_factory=list)

    def begin(self) -> bytes:
        item = self.item().model_copy(update={"status": "in_progress"})
        return self.events.event(
            "response.output_item.added", output_index=self.index, item=item.model_dump()
        )

    def add(self, arguments: str) -> bytes:
        self.written.append(arguments)
        return self._arguments("delta", delta=arguments)

    def item(self) -> FunctionCall:
        return FunctionCall(
            id=self.item_id,
            status="completed",
            call_id=self.call_id,
            name=self.name,
            arguments="".join(self.written),
        )

    def end(self, item: OutputItem) -> bytes:
        return self._arguments("done", arguments="".join(self.written), name=self.name) + _ended(
            self.events, self.index, item
        )

    def _arguments(self, what: str, **fields: Any) -> bytes:  # noqa: ANN401
        return self.events.event(
            f"response.function_call_arguments.{what}",
            item_id=self.item_id,
            output_index=self.index,
            **fields,
        )


def _ended(events: _Events, index: int, item: OutputItem) -> bytes:
    return events.event("response.output_item.done", output_index=index, item=item.model_dump())


class ResponseStream:
    """A streamed response: iterate it once for blocks of whole events.

    It ends with `response.completed`, `response.incomplete` or `response.failed`.

    Args:
        chat: The answer it is made from, which has to tell its usage.
        response: The response as it is when it begins.
        keep: Keeps the response when it is over, before the client learns of the end, and gives
            it back as the client gets it.
    """

    def __init__(
        self, chat: ChatStream, response: Response, keep: Callable[[Response], Response]
    ) -> None:
        self.chat = chat
        """The answer it is made from."""
        self._response = response
        self._keep = keep
        self._events = _Events()
        self._items: list[_Message | _Call] = []
        self._message: _Message | None = None
        self._calls: dict[int, _Call] = {}
        self._finish_reason: str | None = None
        self._usage: ResponseUsage | None = None

    def close(self) -> None:
        """Stop the upstream read, if it still runs; safe from any thread."""
        self.chat.close()

    def __iter__(self) -> Iterator[bytes]:
        """Give blocks of whole events."""
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
            chunk = json.loads(payload)
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
            self._message = _Message(self._events, len(self._items))
            begun = self._begin(self._message)
        return begun + self._message.add(text)

    def _call(self, delta: dict[str, Any]) -> bytes:
        function, begun = delta.get("function") or {}, b""
        call = self._calls.get(delta["index"])
        if call is None:
            call_id = delta.get("id") or new_id("call")
            call = _Call(self._events, len(self._items), function["name"], call_id)
            self._calls[delta["index"]] = call
            begun = self._begin(call)
        return begun + (call.add(function["arguments"]) if function.get("arguments") else b"")

    def _begin(self, item: _Message | _Call) -> bytes:
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
