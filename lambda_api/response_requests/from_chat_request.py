"""Requests for responses, made from chat completion requests that were queued."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.response_requests.schemas import ResponseRequest


def response_request(chat: ChatCompletionRequest) -> ResponseRequest:
    """Return the request for a response that is like a chat completion request, but without input.

    Only echoed to the client: the engine gets the chat. Options that do not translate are left out.
    """
    plain = {
        "model": chat.model,
        "input": "",
        "max_output_tokens": chat.max_completion_tokens or chat.max_tokens,
        "temperature": chat.temperature,
        "top_p": chat.top_p,
    }
    try:
        return ResponseRequest.model_validate(plain | _renamed(chat.model_extra or {}))
    except (ValidationError, TypeError, LookupError, AttributeError):
        return ResponseRequest.model_validate(plain)


def _renamed(extra: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that responses have under other names or in another form."""
    named = {name: extra[name] for name in ("metadata", "parallel_tool_calls") if extra.get(name)}
    if tools := extra.get("tools"):
        named["tools"] = [_flat(tool) for tool in tools]
    if choice := extra.get("tool_choice"):
        named["tool_choice"] = choice if isinstance(choice, str) else _flat(choice)
    if wanted := extra.get("response_format"):
        schema = wanted.get("json_schema") or {}
        named["text"] = {"format": {"type": wanted["type"], **schema}}
    return named


def _flat(tool: dict[str, Any]) -> dict[str, Any]:
    """Return a tool in the form of responses: the function's fields beside the type."""
    return {"type": tool["type"], **tool["function"]}
