"""Chat completion requests, made from requests for responses."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import InvalidRequestError
from lambda_api.http.validation_errors import field_error
from lambda_api.responses.schemas import InputItem, InputPart, NamedTool, ResponseRequest, Tool

ChatMessage = dict[str, Any]
"""A message in the form of chat completions."""

_REFUSED = {
    "access_programs", "background_options", "context_management", "conversation", "image",
    "moderation", "prompt",
}  # fmt: skip
"""Fields of features that this service does not have."""

_IGNORED = {
    "include", "max_tool_calls", "prompt_cache_options", "prompt_cache_retention", "reasoning",
    "safety_identifier", "service_tier", "stream_options", "user",
}  # fmt: skip
"""Fields that hint, label, or tune what no open model here has; the engine would not know them."""

_CHATS_OWN = {
    "messages", "max_completion_tokens", "max_tokens", "n", "response_format",
}  # fmt: skip
"""Fields of chat completions that have another name here."""

_TEXTS = {"input_text", "output_text", "text"}
_ROLES = {"developer": "system"}
"""Few open models' chat templates know `developer`."""


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
    instructed = [_message("system", request.instructions)] if request.instructions else []
    fields = {
        "model": request.model,
        "messages": instructed + conversation,
        "max_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "response_format": _response_format(request),
        "tools": [_tool(tool, n) for n, tool in enumerate(request.tools or [])] or None,
        "tool_choice": _tool_choice(request),
        "parallel_tool_calls": request.parallel_tool_calls,
        "prompt_cache_key": request.prompt_cache_key,
        "stream": request.stream,
        "stream_options": {"include_usage": True} if request.stream else None,
    }
    asked = {name: value for name, value in fields.items() if value is not None}
    body = extra | asked
    try:
        return ChatCompletionRequest.model_validate(body)
    except ValidationError as error:  # a field that passed as the engine's is wrong
        wrong = field_error(error.errors()[0], body)
        raise InvalidRequestError(wrong.message, param=wrong.param) from None


def messages_of(given: str | list[InputItem]) -> list[ChatMessage]:
    """Return a request's input as chat messages.

    Raises:
        InvalidRequestError: An item is malformed or of a kind that is not supported.
    """
    if isinstance(given, str):
        return [_message("user", given)]
    messages: list[ChatMessage] = []
    for number, item in enumerate(given):
        _add(messages, item, f"input[{number}]")
    return messages


def _add(messages: list[ChatMessage], item: InputItem, param: str) -> None:
    if item.type == "message":
        role = _needed(item.role, f"{param}.role")
        messages.append(_message(_ROLES.get(role, role), _text(item.content, f"{param}.content")))
    elif item.type == "function_call":
        _add_call(messages, item, param)
    elif item.type == "function_call_output":
        call_id = _needed(item.call_id, f"{param}.call_id")
        text = _text(item.output, f"{param}.output")
        messages.append(_message("tool", text) | {"tool_call_id": call_id})
    elif item.type != "reasoning":  # what a model thought is not told to it again
        raise _unsupported(
            f"{param}.type", item.type, "'message', 'function_call' or 'function_call_output'"
        )


def _add_call(messages: list[ChatMessage], item: InputItem, param: str) -> None:
    call = {
        "id": _needed(item.call_id, f"{param}.call_id"),
        "type": "function",
        "function": {
            "name": _needed(item.name, f"{param}.name"),
            "arguments": _needed(item.arguments, f"{param}.arguments"),
        },
    }
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    # Chat completions keep the calls of one turn in one message.
    messages[-1].setdefault("tool_calls", []).append(call)


def _message(role: str, text: str) -> ChatMessage:
    return {"role": role, "content": text}


def _text(content: str | list[InputPart] | None, param: str) -> str:
    content = _needed(content, param)
    if isinstance(content, str):
        return content
    return "".join(_part(part, f"{param}[{number}]") for number, part in enumerate(content))


def _part(part: InputPart, param: str) -> str:
    if part.type not in _TEXTS:
        raise _unsupported(f"{param}.type", part.type, "'input_text' or 'output_text'")
    return str(_needed(part.text, f"{param}.text"))


def _needed(value: Any, param: str) -> Any:  # noqa: ANN401  gives what it got
    if value is None:
        raise InvalidRequestError(f"{param}: field required", param=param)
    return value


def _response_format(request: ResponseRequest) -> dict[str, Any] | None:
    wanted = request.text.format if request.text else None
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {"type": "json_object"}
    _needed(wanted.schema_, "text.format.schema")
    schema = wanted.model_dump(by_alias=True, exclude_unset=True, exclude={"type"})
    return {"type": "json_schema", "json_schema": schema}


def _tool(tool: Tool, number: int) -> dict[str, Any]:
    if tool.type != "function":
        raise _unsupported(f"tools[{number}].type", tool.type, "'function'")
    _needed(tool.name, f"tools[{number}].name")
    function = tool.model_dump(exclude_none=True, exclude={"type"})
    return {"type": "function", "function": function}


def _tool_choice(request: ResponseRequest) -> str | dict[str, Any] | None:
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        return {"type": "function", "function": {"name": choice.name}}
    return choice


def _engine_fields(extra: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that reach the engine unchanged."""
    given = {name: value for name, value in extra.items() if value is not None}
    for name in given:
        if name in _REFUSED:
            raise InvalidRequestError(f"{name}: is not supported", param=name)
        if name in _CHATS_OWN:
            raise InvalidRequestError(f"{name}: is no field of a response", param=name)
    _refuse_unless(given, "truncation", "disabled")
    _refuse_unless(given, "top_logprobs", 0)
    return {name: value for name, value in given.items() if name not in _IGNORED}


def _refuse_unless(given: dict[str, Any], name: str, allowed: str | int) -> None:
    if (got := given.pop(name, allowed)) != allowed:
        raise _unsupported(name, got, repr(allowed))


def _unsupported(param: str, got: object, allowed: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{param}: {str(got)[:60]!r} is not supported, allowed: {allowed}", param=param
    )
