"""Chat messages as items of a conversation, with ids that lead back to a response.

An item's id is the kind, the digits of the response and the item's place in it: whoever refers to
an item names the object that holds the item, so no index is needed.
Decision: docs/decisions/0087-an-items-id-holds-its-responses.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from lambda_api.response_requests.messages import ChatMessage

Item = dict[str, Any]
"""An item in the form of the Responses API."""

_ITEM_ID = re.compile(r"[a-z]{2,4}_([0-9a-f]{32})([io])[0-9a-f]{1,8}", re.ASCII)
_PREFIXES = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
    "file_search_call": "fs",
}


def output_id(kind: str, response_id: str, place: int) -> str:
    """Return the id of an item of a response's output.

    Args:
        kind: The item's type.
        response_id: The response.
        place: The item's place in the output.
    """
    return _id(kind, response_id, "o", place)


def response_of(item_id: str) -> str | None:
    """Return the id of the response that an item belongs to; None for a foreign id."""
    found = _ITEM_ID.fullmatch(item_id)
    return f"resp_{found[1]}" if found else None


def items_of(messages: Sequence[ChatMessage], response_id: str) -> list[Item]:
    """Return a response's conversation as items, the oldest first.

    Args:
        messages: The conversation up to and with the response's input.
        response_id: The response.
    """
    found = [item for message in messages for item in _items(message)]
    return [
        {"id": _id(item["type"], response_id, "i", place)} | item
        for place, item in enumerate(found)
    ]


def _id(kind: str, response_id: str, side: str, place: int) -> str:
    return f"{_PREFIXES[kind]}_{response_id.removeprefix('resp_')}{side}{place:x}"


def _items(message: ChatMessage) -> Iterator[Item]:
    role, content = message["role"], message.get("content")
    if role in {"tool", "function"}:
        yield {
            "type": "function_call_output",
            "call_id": message.get("tool_call_id") or "",
            "output": content if isinstance(content, str) else list(_parts(content or [], role)),
            "status": "completed",
        }
        return
    if content is not None:
        parts = list(_parts(content, role))
        yield {"type": "message", "role": role, "status": "completed", "content": parts}
    for call in message.get("tool_calls") or ():
        yield {
            "type": "function_call",
            "call_id": call["id"],
            "name": call["function"]["name"],
            "arguments": call["function"]["arguments"],
            "status": "completed",
        }


def _parts(content: str | list[Item], role: str) -> Iterator[Item]:
    parts: list[Item] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for part in parts:
        if part["type"] == "image_url":
            image = part["image_url"]
            yield {
                "type": "input_image",
                "detail": image.get("detail") or "auto",
                "file_id": None,
                "image_url": image["url"],
            }
        elif role == "assistant":
            text = part.get("text") or ""
            yield {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
        else:  # a queued chat completion may hold parts that responses have no type for
            yield {"type": "input_text", "text": part.get("text") or f"[{part['type']}]"}
