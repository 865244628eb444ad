"""Responses before the answer, which tell a request's options back."""

from __future__ import annotations

import json
import time
from typing import Any

from lambda_api.response_objects.from_chat_answer import new_id
from lambda_api.response_objects.schemas import Response
from lambda_api.response_requests.schemas import ResponseRequest, Tool
from lambda_api.response_requests.tools import offer_of
from lambda_api.retrieval.file_search import FILE_SEARCH

_ECHOED = {"text": {"format": True, "verbosity": True}, "tool_choice": True}
_TEXT = {"format": {"type": "text"}, "verbosity": "medium"}
_UNENFORCED = {"description": None, "strict": False}
"""Fields of a schema that was sent without: nothing is enforced unasked, and clients in typed
languages decode no null here."""

_TOLD_BACK = (
    "model", "instructions", "previous_response_id", "max_output_tokens", "max_tool_calls",
    "temperature", "top_p", "presence_penalty", "frequency_penalty", "top_logprobs", "truncation",
    "safety_identifier", "prompt_cache_key",
)  # fmt: skip
"""Fields with the value sent, or else the API's default, which the schema has."""


def begun(request: ResponseRequest, *, is_kept: bool) -> Response:
    """Return the response to a request as it begins.

    Every field is there that the API promises, as clients with typed decoders need all of them:
    github.com/openresponses/openresponses.

    Args:
        request: The request.
        is_kept: True if the response is going to be kept.

    Raises:
        InvalidRequestError: The request holds what JSON cannot, or an unsupported tool choice.
    """
    offer = offer_of(request)
    told = json.loads(request.written(by_alias=True, exclude_none=True, include=_ECHOED))
    sent = {name: getattr(request, name) for name in _TOLD_BACK}
    required = dict.fromkeys(("instructions", "previous_response_id", "max_output_tokens"))
    fields = required | {name: value for name, value in sent.items() if value is not None}
    return Response(
        id=new_id("resp"),
        created_at=int(time.time()),
        status="in_progress",
        background=False,
        store=is_kept,
        reasoning=_reasoning(request),
        metadata=offer.noted_in(request.metadata),
        text=_text(told.get("text") or {}),
        tools=[_tool(tool) for tool in offer.told],
        tool_choice=told.get("tool_choice", "auto"),
        parallel_tool_calls=request.parallel_tool_calls is not False,
        **fields,
    )


def _reasoning(request: ResponseRequest) -> dict[str, str | None]:
    asked = request.reasoning
    return {"effort": asked.effort if asked else None, "summary": asked.summary if asked else None}


def _text(told: dict[str, Any]) -> dict[str, Any]:
    text = _TEXT | told
    if text["format"]["type"] == "json_schema":
        text["format"] = _UNENFORCED | text["format"]
    return text


def _tool(tool: Tool) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(tool.written(exclude_none=True))
    if tool.type == FILE_SEARCH:
        return told
    return {"parameters": None} | _UNENFORCED | told
