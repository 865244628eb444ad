"""Checks of responses and their events against OpenAI's own types."""

from __future__ import annotations

from typing import Any, get_args

from openai.types.responses import Response, ResponseItemList, ResponseStreamEvent
from pydantic import BaseModel

REQUIRED = {
    "id", "object", "created_at", "completed_at", "status", "incomplete_details", "model",
    "previous_response_id", "instructions", "output", "error", "tools", "tool_choice",
    "truncation", "parallel_tool_calls", "text", "top_p", "presence_penalty",
    "frequency_penalty", "top_logprobs", "temperature", "reasoning", "usage",
    "max_output_tokens", "max_tool_calls", "store", "background", "service_tier", "metadata",
    "safety_identifier", "prompt_cache_key",
}  # fmt: skip
"""The fields that Open Responses requires: github.com/openresponses/openresponses."""

NEVER_NULL = {
    "temperature", "top_p", "presence_penalty", "frequency_penalty", "top_logprobs",
    "service_tier", "truncation", "background", "store", "tools", "tool_choice", "text",
    "parallel_tool_calls", "metadata", "reasoning",
}  # fmt: skip

_EVENTS: dict[str, type[BaseModel]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind
    for kind in get_args(get_args(ResponseStreamEvent)[0])
}


def check_response(told: dict[str, Any]) -> None:
    """Hold a response against OpenAI's types."""
    assert told.keys() >= REQUIRED
    assert {name for name in NEVER_NULL if told[name] is None} == set()
    _check(Response, told, beyond={"store", "presence_penalty", "frequency_penalty"})
    for tool in told["tools"]:
        assert tool.keys() >= {"type", "name", "description", "parameters", "strict"}
        assert isinstance(tool["strict"], bool)
    for item in told["output"]:
        assert item["id"]
        # Open Responses knows no null here.
        assert item.get("encrypted_content", "") is not None
    if told["text"]["format"]["type"] == "json_schema":
        assert told["text"]["format"].keys() >= {"name", "description", "schema", "strict"}


def check_event(told: dict[str, Any]) -> None:
    """Hold an event of a stream against OpenAI's types."""
    beyond = {"name"} if told["type"] == "response.function_call_arguments.done" else set()
    _check(_EVENTS[told["type"]], told, beyond=beyond)
    if "response" in told:
        check_response(told["response"])


def check_item_list(told: dict[str, Any]) -> None:
    """Hold a list of items against OpenAI's types."""
    _check(ResponseItemList, told)


def _check(kind: type[BaseModel], told: dict[str, Any], beyond: set[str] | None = None) -> None:
    found = kind.model_validate(told, strict=True)
    assert set(found.model_extra or {}) <= (beyond or set())
