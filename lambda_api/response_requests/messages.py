"""Items of a conversation as chat messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lambda_api.errors import InvalidRequestError
from lambda_api.response_requests.schemas import InputItem, InputPart

ChatMessage = dict[str, Any]
"""A message in the form of chat completions."""

Find = Callable[[str, str], InputItem]
"""A finder of kept items, by id and by the field that refers to the item."""

_TEXTS = {"input_text", "output_text", "text"}
_SILENT = {"additional_tools", "file_search_call", "reasoning"}
"""Items that are no message: tools, searches, and thoughts, which no model is told again."""

_DETAILS = {"auto", "low", "high"}
"""Details of images that chat completions know; `original` is left to the engine."""


def messages_of(given: str | Sequence[InputItem], find: Find | None = None) -> list[ChatMessage]:
    """Return a request's input as chat messages.

    Args:
        given: The input.
        find: The finder of items that are referred to.

    Raises:
        InvalidRequestError: An item is malformed, of a kind that is not supported, or not there.
    """
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    messages: list[ChatMessage] = []
    for number, item in enumerate(given):
        _add(messages, item, f"input[{number}]", find)
    return messages


def _add(messages: list[ChatMessage], item: InputItem, param: str, find: Find | None) -> None:
    if item.kind == "item_reference":
        _add(messages, _referred(item, f"{param}.id", find), param, None)
    elif item.kind == "message":
        role = _needed(item.role, f"{param}.role")
        messages.append({"role": role, "content": _content(item.content, f"{param}.content")})
    elif item.kind == "function_call":
        _add_call(messages, item, param)
    elif item.kind == "function_call_output":
        call_id = _needed(item.call_id, f"{param}.call_id")
        content = _content(item.output, f"{param}.output")
        messages.append({"role": "tool", "content": content, "tool_call_id": call_id})
    elif item.kind not in _SILENT:
        raise _unsupported(
            f"{param}.type",
            item.kind,
            "'message', 'function_call', 'function_call_output' or 'item_reference'",
        )


def _referred(item: InputItem, param: str, find: Find | None) -> InputItem:
    item_id = _needed(item.id, param)
    if find is None:
        raise InvalidRequestError(
            f"{param}: this service keeps no responses to refer to, send the item itself",
            param=param,
        )
    return find(item_id, param)


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


def _content(content: str | list[InputPart] | None, param: str) -> str | list[dict[str, Any]]:
    """Return a message's content: text if that is all, since some templates know no parts."""
    content = _needed(content, param)
    if isinstance(content, str) or not any(part.type == "input_image" for part in content):
        return _text(content, param)
    return [_part(part, f"{param}[{number}]") for number, part in enumerate(content)]


def _text(content: str | list[InputPart] | None, param: str) -> str:
    content = _needed(content, param)
    if isinstance(content, str):
        return content
    return "".join(_words(part, f"{param}[{number}]") for number, part in enumerate(content))


def _part(part: InputPart, param: str) -> dict[str, Any]:
    if part.type != "input_image":
        return {"type": "text", "text": _words(part, param)}
    url = _needed(part.image_url, f"{param}.image_url")
    detail = {"detail": part.detail} if part.detail in _DETAILS else {}
    return {"type": "image_url", "image_url": {"url": url} | detail}


def _words(part: InputPart, param: str) -> str:
    if part.type == "refusal":
        return str(_needed(part.refusal, f"{param}.refusal"))
    if part.type not in _TEXTS:
        allowed = "'input_text', 'input_image', 'output_text' or 'refusal'"
        raise _unsupported(f"{param}.type", part.type, allowed)
    return str(_needed(part.text, f"{param}.text"))


def _needed(value: Any, param: str) -> Any:  # noqa: ANN401  gives what it got
    if value is None:
        raise InvalidRequestError(f"{param}: field required", param=param)
    return value


def _unsupported(param: str, got: object, allowed: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{param}: {str(got)[:60]!r} is not supported, allowed: {allowed}", param=param
    )
