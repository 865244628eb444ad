"""OpenAI's `tool_choice` of some tools among those sent, in the words that engines know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.errors import InvalidRequestError

_PARAM = "tool_choice.allowed_tools.tools"


def with_allowed_tools(request: ChatCompletionRequest) -> ChatCompletionRequest:
    """Return a request with the allowed tools alone, where a `tool_choice` names some.

    Engines know the modes only: `{"type": "allowed_tools", "allowed_tools": {"mode", "tools"}}`
    becomes the mode, and the tools are narrowed to the named ones.

    Args:
        request: The request, which `admission` has let in.

    Raises:
        InvalidRequestError: No tool is named, or one that was not sent.
    """
    fields = request.model_extra or {}
    choice = fields.get("tool_choice")
    if not isinstance(choice, dict) or choice["type"] != "allowed_tools":
        return request
    allowed = choice["allowed_tools"]
    names = [_name(tool) for tool in allowed["tools"]]
    if not names:
        raise _refused(_PARAM, "must name at least one tool")
    tools = {_name(tool): tool for tool in fields.get("tools") or []}
    for number, name in enumerate(names):
        if name not in tools:
            raise _refused(f"{_PARAM}[{number}]", "is not among tools")
    narrowed = [tool for name, tool in tools.items() if name in names]
    return request.model_copy(update={"tools": narrowed, "tool_choice": allowed["mode"]})


def _name(tool: Mapping[str, Any]) -> str:
    return str(tool["function"]["name"])


def _refused(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: {why}", param=param)
