"""Chat completion requests, made from requests for responses."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import InvalidRequestError
from lambda_api.http.validation_errors import field_error
from lambda_api.response_requests.messages import ChatMessage
from lambda_api.response_requests.schemas import ResponseRequest
from lambda_api.response_requests.tools import offer_of

_REFUSED = {
    "access_programs", "background_options", "context_management", "conversation", "image",
    "moderation", "prompt",
}  # fmt: skip
"""Fields of features that this service does not have."""

_IGNORED = {
    "client_metadata", "prompt_cache_options", "prompt_cache_retention", "service_tier",
    "stream_options", "user",
}  # fmt: skip
"""Fields that hint, label, or tune what no open model here has; the engine would not know them.
`client_metadata` is Codex's."""

_CHATS_OWN = {
    "logprobs", "max_completion_tokens", "max_tokens", "messages", "n", "reasoning_effort",
    "response_format",
}  # fmt: skip
"""Fields of chat completions that have another name here."""

_LOGPROBS = "message.output_text.logprobs"


def chat_request(
    request: ResponseRequest, conversation: list[ChatMessage]
) -> ChatCompletionRequest:
    """Return the chat completion request that answers a request for a response.

    Args:
        request: The request.
        conversation: The messages up to and with the request's input.

    Raises:
        InvalidRequestError: The request asks for an unsupported feature.
    """
    extra = _engine_fields(request.model_extra or {})
    fields = {
        "model": request.model,
        "messages": _instructed(request) + conversation,
        "max_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "reasoning_effort": request.reasoning.effort if request.reasoning else None,
        "response_format": _response_format(request),
        "prompt_cache_key": request.prompt_cache_key,
        "stream": request.stream,
        "stream_options": {"include_usage": True} if request.stream else None,
        **_tools(request),
        **_logprobs(request),
    }
    asked = {name: value for name, value in fields.items() if value is not None}
    body = extra | asked
    try:
        return ChatCompletionRequest.model_validate(body)
    except ValidationError as error:  # a field that passed as the engine's is wrong
        wrong = field_error(error.errors()[0], body)
        raise InvalidRequestError(wrong.message, param=wrong.param) from None


def _instructed(request: ResponseRequest) -> list[ChatMessage]:
    said = request.instructions
    return [{"role": "system", "content": said}] if said else []


def _tools(request: ResponseRequest) -> dict[str, Any]:
    offer = offer_of(request)
    if not offer.functions:  # engines refuse the rest without tools
        return {}
    return {
        "tools": offer.chat_tools(),
        "tool_choice": offer.choice,
        "parallel_tool_calls": request.parallel_tool_calls,
    }


def _logprobs(request: ResponseRequest) -> dict[str, Any]:
    if not request.top_logprobs and _LOGPROBS not in (request.include or ()):
        return {}
    return {"logprobs": True, "top_logprobs": request.top_logprobs}


def _response_format(request: ResponseRequest) -> dict[str, Any] | None:
    wanted = request.text.format if request.text else None
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {"type": "json_object"}
    if wanted.schema_ is None:
        raise InvalidRequestError("text.format.schema: field required", param="text.format.schema")
    schema = wanted.model_dump(by_alias=True, exclude_unset=True, exclude={"type"})
    return {"type": "json_schema", "json_schema": schema}


def _engine_fields(extra: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that reach the engine unchanged."""
    given = {name: value for name, value in extra.items() if value is not None}
    for name in given:
        if name in _REFUSED:
            raise InvalidRequestError(f"{name}: is not supported", param=name)
        if name in _CHATS_OWN:
            raise InvalidRequestError(f"{name}: is no field of a response", param=name)
    return {name: value for name, value in given.items() if name not in _IGNORED}
