"""The tool `file_search` in a chat completion request, where it is no tool of the engine's."""

from __future__ import annotations

from typing import Any

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.retrieval.file_search import FILE_SEARCH, FileSearch, refused

_OF_TOOLS = ("tools", "tool_choice", "parallel_tool_calls")


def take_file_search(
    request: ChatCompletionRequest,
) -> tuple[FileSearch | None, ChatCompletionRequest]:
    """Return the search that a request asks for, if any, and the request without the tool.

    With `tool_choice: "none"` nothing is searched.

    Raises:
        InvalidRequestError: The tool is malformed, or there several times.
    """
    fields = request.model_extra or {}
    tools, choice = fields.get("tools"), fields.get("tool_choice")
    if not isinstance(tools, list) or not any(map(_is_search, tools)):
        return None, request
    searches = [
        FileSearch.parse(tool, f"tools[{number}]")
        for number, tool in enumerate(tools)
        if _is_search(tool)
    ]
    if len(searches) > 1:
        raise refused("tools", "file_search may be there once")
    rest = {name: value for name, value in fields.items() if name not in _OF_TOOLS}
    functions = [tool for tool in tools if not _is_search(tool)]
    if functions:  # engines refuse the rest without tools
        rest["tools"] = functions
        rest |= {name: fields[name] for name in _OF_TOOLS[1:] if name in fields}
        if _is_search(choice):
            del rest["tool_choice"]
    known = request.model_dump(exclude_unset=True, exclude=set(fields))
    plain = type(request).model_validate({**known, **rest})
    return (None if choice == "none" else searches[0]), plain


def _is_search(tool: Any) -> bool:  # noqa: ANN401  any JSON value
    return isinstance(tool, dict) and tool.get("type") == FILE_SEARCH
