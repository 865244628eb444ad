"""OpenAI's `tool_choice` of some tools among those sent, in the words that engines know."""

from __future__ import annotations

from typing import Any

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import InvalidRequestError

_PARAM = "tool_choice.allowed_tools"


def with_allowed_tools(request: ChatCompletionRequest) -> ChatCompletionRequest:
    """Return a request with the allowed tools alone, where a `tool_choice` names some.

    Engines know the modes only: `{"type": "allowed_tools", "allowed_tools": {"mode", "tools"}}`
    becomes the mode, and the tools are narrowed to the named ones.

    Raises:
        InvalidRequestError: A named tool was not sent, or the choice is malformed.
    """
    fields = request.model_extra or {}
    choice = getattr(request, "tool_choice", None)
    if not isinstance(choice, dict) or choice.get("type") != "allowed_tools":
        return request
    wanted = choice.get("allowed_tools")
    wanted = wanted if isinstance(wanted, dict) else {}
    mode, names = wanted.get("mode"), _names(wanted.get("tools"))
    if mode not in {"auto", "required"}:
        raise _refused(f"{_PARAM}.mode", f"got {str(mode)[:60]!r}, allowed: 'auto' or 'required'")
    tools = {_name(tool): tool for tool in fields.get("tools") or []}
    for number, name in enumerate(names):
        if name not in tools:
            raise _refused(f"{_PARAM}.tools[{number}]", "is not among tools")
    allowed = [tool for name, tool in tools.items() if name in names]
    return request.model_copy(update={"tools": allowed, "tool_choice": mode})


def _names(tools: Any) -> list[str]:  # noqa: ANN401  any JSON value
    if not isinstance(tools, list) or not tools:
        raise _refused(f"{_PARAM}.tools", "must name at least one tool")
    return [_name(tool) for tool in tools]


def _name(tool: Any) -> str:  # noqa: ANN401  any JSON value
    function = tool.get("function") if isinstance(tool, dict) else None
    return str(function.get("name")) if isinstance(function, dict) else ""


def _refused(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: {why}", param=param)
