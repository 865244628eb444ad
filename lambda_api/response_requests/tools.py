"""The tools of a request: functions are offered to the model, `file_search` is run before it.

OpenAI runs others beside the model, such as `web_search`; this service has none of them, leaves
them out, and clients send them unasked (Codex offers `namespace` and `web_search` with the first
request).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lambda_api.errors import InvalidRequestError
from lambda_api.response_requests.schemas import ResponseRequest, Tool, ToolChoice
from lambda_api.retrieval.file_search import FILE_SEARCH, FileSearch

LEFT_OUT_KEY = "left_out_tools"
"""The key in a response's metadata below which tools are named that were left out."""

_MOST_PAIRS, _LONGEST_VALUE = 16, 512
"""OpenAI's limits of metadata."""


@dataclass(frozen=True)
class Offer:
    """The tools that the model is offered.

    Attributes:
        functions: The functions.
        choice: The choice among the functions as chat completions have it; None leaves it to the
            engine.
        left_out: The types of tools that are not run here, each once.
        search: The search before the answer, if there is one.
        told: The tools that a response tells back.
    """

    functions: list[Tool]
    choice: str | dict[str, Any] | None
    left_out: list[str]
    search: FileSearch | None = None
    told: list[Tool] = field(default_factory=list)

    def chat_tools(self) -> list[dict[str, Any]]:
        """Return the functions in the form of chat completions."""
        return [
            {"type": "function", "function": tool.model_dump(exclude_none=True, exclude={"type"})}
            for tool in self.functions
        ]

    def noted_in(self, metadata: dict[str, str] | None) -> dict[str, str]:
        """Return a request's metadata with what was left out, as far as there is room."""
        metadata = metadata or {}
        if not self.left_out or len(metadata) >= _MOST_PAIRS:
            return metadata
        return {LEFT_OUT_KEY: ", ".join(self.left_out)[:_LONGEST_VALUE]} | metadata


def offer_of(request: ResponseRequest) -> Offer:
    """Return the tools that a request's model is offered.

    Raises:
        InvalidRequestError: A function is malformed, or the request forces a tool that is not run.
    """
    functions, left_out = [], dict[str, None]()
    found: list[tuple[FileSearch, Tool]] = []
    for param, tool in _given(request):
        if tool.type == "function":
            _name(tool.name, f"{param}.name")
            functions.append(tool)
        elif tool.type == FILE_SEARCH:
            found.append((FileSearch.parse(tool.model_dump(exclude_unset=True), param), tool))
        else:
            left_out[tool.type] = None
    if len(found) > 1:
        raise _refused("tools", "file_search may be there once")
    search = found[0][0] if found and request.tool_choice != "none" else None
    told = [*functions, *(tool for _, tool in found)]
    offer = Offer(functions, None, list(left_out), search, told)
    return _chosen(offer, request.tool_choice)


def _given(request: ResponseRequest) -> Iterator[tuple[str, Tool]]:
    """Yield the tools with their fields; Codex sends some as an item of the input."""
    for number, tool in enumerate(request.tools or ()):
        yield f"tools[{number}]", tool
    for place, item in enumerate(() if isinstance(request.input, str) else request.input):
        if item.kind == "additional_tools":
            for number, tool in enumerate(item.tools or ()):
                yield f"input[{place}].tools[{number}]", tool


def _chosen(offer: Offer, choice: str | ToolChoice | None) -> Offer:
    if isinstance(choice, ToolChoice):
        return _allowed(offer, choice) if choice.type == "allowed_tools" else _one(offer, choice)
    return _moded(offer, choice, "tool_choice")


def _moded(offer: Offer, mode: str | None, param: str) -> Offer:
    if offer.functions:
        return replace(offer, choice=mode)
    if mode == "required" and offer.search is None:
        raise _refused(param, "'required' needs a function among the tools")
    # Engines refuse a choice without tools.
    return offer


def _one(offer: Offer, choice: ToolChoice) -> Offer:
    if choice.type == FILE_SEARCH and offer.search is not None:
        return offer  # which is searched in any case
    if choice.type != "function":
        raise _refused("tool_choice.type", f"{choice.type[:60]!r} is a tool that is not run here")
    name = _name(choice.name, "tool_choice.name")
    _known(offer, name, "tool_choice.name")
    return replace(offer, choice={"type": "function", "function": {"name": name}})


def _allowed(offer: Offer, choice: ToolChoice) -> Offer:
    """Return an offer of the allowed functions alone, which is how the model cannot call others."""
    param = "tool_choice.tools"
    if not choice.tools:
        raise _refused(param, "at least one tool is required")
    named = set()
    for number, tool in enumerate(choice.tools):
        if tool.type == "function":
            where = f"{param}[{number}].name"
            named.add(_known(offer, _name(tool.name, where), where))
    functions = [tool for tool in offer.functions if tool.name in named]
    searches = any(tool.type == FILE_SEARCH for tool in choice.tools)
    allowed = replace(offer, functions=functions, search=offer.search if searches else None)
    return _moded(allowed, choice.mode or "auto", "tool_choice.mode")


def _name(name: str | None, param: str) -> str:
    if name is None:
        raise _refused(param, "field required")
    return name


def _known(offer: Offer, name: str, param: str) -> str:
    names = [str(tool.name) for tool in offer.functions]
    if name not in names:
        allowed = ", ".join(map(repr, names))[:200] or "none, as the request has no functions"
        raise _refused(param, f"{name[:60]!r} is no function of the request, allowed: {allowed}")
    return name


def _refused(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: {why}", param=param)
