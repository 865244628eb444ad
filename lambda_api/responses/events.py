"""The events of a streamed response, and writers of the items in it.

The events are those of platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lambda_api.responses.from_chat_answer import message, new_id
from lambda_api.responses.schemas import FunctionCall, OutputItem, OutputMessage, OutputText


class Events:
    """A writer of numbered events."""

    def __init__(self) -> None:
        self._numbers = count()

    def event(self, kind: str, **fields: Any) -> bytes:  # noqa: ANN401
        """Return the next event."""
        told = {"type": kind, "sequence_number": next(self._numbers), **fields}
        return f"event: {kind}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


@dataclass
class MessageWriter:
    """A writer of a message, as far as the engine has told."""

    events: Events
    index: int
    item_id: str = field(default_factory=lambda: new_id("msg"))
    written: list[str] = field(default_factory=list)

    def begin(self) -> bytes:
        """Return the events of the item's beginning."""
        item = OutputMessage(id=self.item_id, status="in_progress", content=[])
        return self.events.event(
            "response.output_item.added", output_index=self.index, item=item.model_dump()
        ) + self._content("part.added", part=OutputText(text="").model_dump())

    def add(self, text: str) -> bytes:
        """Append to the item; return the event of the addition."""
        self.written.append(text)
        return self._text("delta", delta=text)

    def item(self) -> OutputMessage:
        """Return the message as written so far."""
        return message("".join(self.written), self.item_id)

    def end(self, item: OutputItem) -> bytes:
        """Return the events of the item's end, which hold the item."""
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
class CallWriter:
    """A writer of a function call, as far as the engine has told."""

    events: Events
    index: int
    name: str
    call_id: str
    item_id: str = field(default_factory=lambda: new_id("fc"))
    written: list[str] = field(default_factory=list)

    def begin(self) -> bytes:
        """Return the events of the item's beginning."""
        item = self.item().model_copy(update={"status": "in_progress"})
        return self.events.event(
            "response.output_item.added", output_index=self.index, item=item.model_dump()
        )

    def add(self, arguments: str) -> bytes:
        """Append to the item; return the event of the addition."""
        self.written.append(arguments)
        return self._arguments("delta", delta=arguments)

    def item(self) -> FunctionCall:
        """Return the call as written so far."""
        return FunctionCall(
            id=self.item_id,
            status="completed",
            call_id=self.call_id,
            name=self.name,
            arguments="".join(self.written),
        )

    def end(self, item: OutputItem) -> bytes:
        """Return the events of the item's end, which hold the item."""
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


def _ended(events: Events, index: int, item: OutputItem) -> bytes:
    return events.event("response.output_item.done", output_index=index, item=item.model_dump())
