"""A canned engine that answers at once, with tool calls and JSON where a request asks for them.

The demo model calls the right function in half of all cases; a client's handling needs an engine
that always does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.service.standin_runtime import (
    DONE,
    Received,
    Reply,
    Stream,
    chunk,
    event,
    usage_chunk,
)

TEXT = "Paris is sunny today."
_USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def answer(call: Received) -> Reply | Stream:
    """Answer a chat request as an engine would, whole or streamed."""
    request = call.json
    message, reason = _message(request)
    return (
        Stream(list(_events(message, reason))) if request.get("stream") else _whole(message, reason)
    )


def _message(request: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the assistant's message, and the reason for its end."""
    if _wants_tool(request):
        return {"content": None, "tool_calls": [_tool_call(request)]}, "tool_calls"
    kind = request.get("response_format") or {}
    if kind.get("type") == "json_schema":
        return {"content": json.dumps(instance_of(kind["json_schema"]["schema"]))}, "stop"
    if kind.get("type") == "json_object":
        return {"content": json.dumps({"answer": "Paris"})}, "stop"
    return {"content": TEXT}, "stop"


def _wants_tool(request: dict[str, Any]) -> bool:
    answered = request["messages"][-1]["role"] == "tool"
    return bool(request.get("tools")) and request.get("tool_choice") != "none" and not answered


def _tool_call(request: dict[str, Any]) -> dict[str, Any]:
    tools = {tool["function"]["name"]: tool["function"] for tool in request["tools"]}
    choice = request.get("tool_choice")
    forced = choice["function"]["name"] if isinstance(choice, dict) else next(iter(tools))
    arguments = json.dumps(instance_of(tools[forced].get("parameters") or {"type": "object"}))
    return {
        "id": "call_0123456789",
        "type": "function",
        "function": {"name": forced, "arguments": arguments},
    }


def instance_of(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return a value that a JSON schema accepts: the first, the least, the shortest."""
    root = root or schema
    if "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return instance_of(found, root)
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return instance_of(schema[name][0], root)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _of_type(schema, root)


def _of_type(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        named = schema.get("properties", {})
        return {name: instance_of(value, root) for name, value in named.items()}
    if kind == "array":
        return [instance_of(schema.get("items", {"type": "string"}), root)]
    numbers = {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1.5)}
    return {**numbers, "boolean": True, "null": None}.get(kind, "Paris")


def _whole(message: dict[str, Any], reason: str) -> Reply:
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1763881200,
        "model": "served",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", **message},
                "logprobs": None,
                "finish_reason": reason,
            }
        ],
        "usage": _USAGE,
    }
    return Reply(200, json.dumps(body).encode())


def _events(message: dict[str, Any], reason: str) -> Iterator[bytes]:
    yield event(chunk(delta={"role": "assistant", "content": ""}))
    for call in message.get("tool_calls", []):
        named = {"name": call["function"]["name"], "arguments": ""}
        yield event(chunk(delta={"tool_calls": [{"index": 0, **call, "function": named}]}))
        for piece in _pieces(call["function"]["arguments"]):
            part = {"index": 0, "function": {"arguments": piece}}
            yield event(chunk(delta={"tool_calls": [part]}))
    for piece in _pieces(message["content"] or ""):
        yield event(chunk(piece))
    yield event(chunk(delta={}, finish_reason=reason))
    yield event(usage_chunk(7, 5))
    yield DONE


def _pieces(text: str) -> Iterator[str]:
    yield from (text[at : at + 6] for at in range(0, len(text), 6))
