"""The events of a streamed response, and writers of the items in it.

The events are those of platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lambda_api.response_objects.from_chat_answer import Logprobs
from lambda_api.response_objects.schemas import (
    FileSearchCall,
    FunctionCall,
    OutputItem,
    OutputMessage,
    OutputText,
    ReasoningItem,
    ReasoningText,
)
from lambda_api.retrieval.citations import Annotation, CitationFinder


class Events:
    """A writer of numbered events."""

    def __init__(self) -> None:
        self._numbers = count()

    def event(self, kind: str, **fields: Any) -> bytes:  # noqa: ANN401
        """Return the next event."""
        told = {"type": kind, "sequence_number": next(self._numbers), **fields}
        return f"event: {kind}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


@dataclass
class ItemWriter(ABC):
    """A writer of an item, as far as the engine has told.

    Attributes:
        events: The writer of events.
        index: The item's place in the output.
        item_id: The item's id.
        written: The item's text so far, in pieces.
    """

    events: Events
    index: int
    item_id: str
    written: list[str] = field(default_factory=list)

    @abstractmethod
    def begin(self) -> bytes:
        """Return the events of the item's beginning."""

    @abstractmethod
    def item(self) -> OutputItem:
        """Return the item as written so far."""

    @abstractmethod
    def end(self, item: OutputItem) -> bytes:
        """Return the events of the item's end, which hold the item."""

    def _added(self, item: OutputItem) -> bytes:
        return self._told("output_item.added", item)

    def _done(self, item: OutputItem) -> bytes:
        return self._told("output_item.done", item)

    def _told(self, what: str, item: OutputItem) -> bytes:
        return self.events.event(
            f"response.{what}", output_index=self.index, item=item.model_dump()
        )

    def _event(self, what: str, **fields: Any) -> bytes:  # noqa: ANN401
        return self.events.event(
            f"response.{what}", item_id=self.item_id, output_index=self.index, **fields
        )


@dataclass
class MessageWriter(ItemWriter):
    """A writer of a message.

    Attributes:
        logprobs: Log probabilities of the tokens so far.
        citations: The finder of citations.
        annotations: The annotations so far.
    """

    logprobs: Logprobs = field(default_factory=list)
    citations: CitationFinder = field(default_factory=lambda: CitationFinder(()))
    annotations: list[Annotation] = field(default_factory=list)

    def begin(self) -> bytes:
        """Return the events of the item's beginning."""
        item = OutputMessage(id=self.item_id, status="in_progress", content=[])
        part = OutputText(text="").model_dump()
        return self._added(item) + self._event("content_part.added", content_index=0, part=part)

    def add(self, text: str, logprobs: Logprobs | None = None) -> bytes:
        """Append to the item; return the event of the addition."""
        self.written.append(text)
        self.logprobs += logprobs or []
        added = self._event(
            "output_text.delta", content_index=0, logprobs=logprobs or [], delta=text
        )
        return added + b"".join(map(self.annotate, self.citations.feed(text)))

    def annotate(self, annotation: Annotation) -> bytes:
        """Add an annotation; return the event of the addition."""
        place = len(self.annotations)
        self.annotations.append(annotation)
        return self._event(
            "output_text.annotation.added",
            content_index=0,
            annotation_index=place,
            annotation=annotation,
        )

    def item(self) -> OutputMessage:
        """Return the message as written so far."""
        return OutputMessage(id=self.item_id, status="completed", content=[self._part()])

    def end(self, item: OutputItem) -> bytes:
        """Return the events of the item's end, which hold the item."""
        part = self._part()
        return (
            self._event("output_text.done", content_index=0, logprobs=part.logprobs, text=part.text)
            + self._event("content_part.done", content_index=0, part=part.model_dump())
            + self._done(item)
        )

    def _part(self) -> OutputText:
        text = "".join(self.written)
        return OutputText(text=text, logprobs=self.logprobs, annotations=self.annotations)


@dataclass
class ReasoningWriter(ItemWriter):
    """A writer of what the model thinks."""

    def begin(self) -> bytes:
        """Return the events of the item's beginning."""
        item = ReasoningItem(id=self.item_id, status="in_progress", content=[])
        part = ReasoningText(text="").model_dump()
        return self._added(item) + self._event("content_part.added", content_index=0, part=part)

    def add(self, text: str) -> bytes:
        """Append to the item; return the event of the addition."""
        self.written.append(text)
        return self._event("reasoning_text.delta", content_index=0, delta=text)

    def item(self) -> ReasoningItem:
        """Return the thoughts as written so far."""
        return ReasoningItem(id=self.item_id, status="completed", content=[self._part()])

    def end(self, item: OutputItem) -> bytes:
        """Return the events of the item's end, which hold the item."""
        part = self._part()
        return (
            self._event("reasoning_text.done", content_index=0, text=part.text)
            + self._event("content_part.done", content_index=0, part=part.model_dump())
            + self._done(item)
        )

    def _part(self) -> ReasoningText:
        return ReasoningText(text="".join(self.written))


@dataclass
class CallWriter(ItemWriter):
    """A writer of a function call."""

    name: str = ""
    call_id: str = ""

    def begin(self) -> bytes:
        """Return the events of the item's beginning."""
        return self._added(self.item().model_copy(update={"status": "in_progress"}))

    def add(self, arguments: str) -> bytes:
        """Append to the item; return the event of the addition."""
        self.written.append(arguments)
        return self._event("function_call_arguments.delta", delta=arguments)

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
        arguments = "".join(self.written)
        return self._event(
            "function_call_arguments.done", arguments=arguments, name=self.name
        ) + self._done(item)


def search_events(events: Events, index: int, call: FileSearchCall) -> bytes:
    """Return the events of a search that is over; of one that failed, the item alone says so."""
    begun = call.model_copy(update={"status": "in_progress", "results": None})
    place: dict[str, Any] = {"item_id": call.id, "output_index": index}
    stages = ["in_progress", "searching"] + (["completed"] if call.status == "completed" else [])
    return (
        events.event("response.output_item.added", output_index=index, item=begun.model_dump())
        + b"".join(events.event(f"response.file_search_call.{one}", **place) for one in stages)
        + events.event("response.output_item.done", output_index=index, item=call.model_dump())
    )


def rewritten(events: Events, index: int, item: OutputItem) -> bytes:
    """Return the events of a whole item."""
    writer: ItemWriter
    if isinstance(item, FileSearchCall):
        return search_events(events, index, item)
    if isinstance(item, FunctionCall):
        writer = CallWriter(events, index, item.id, name=item.name, call_id=item.call_id)
        begun, text = writer.begin(), item.arguments
        added = writer.add(text) if text else b""
    elif isinstance(item, ReasoningItem):
        writer = ReasoningWriter(events, index, item.id)
        begun, added = writer.begin(), writer.add("".join(part.text for part in item.content))
    else:
        writer = MessageWriter(events, index, item.id)
        part = item.content[0] if item.content else OutputText(text="")
        begun = writer.begin()
        added = writer.add(part.text, part.logprobs) if part.text else b""
        added += b"".join(map(writer.annotate, part.annotations))
    return begun + added + writer.end(item)
