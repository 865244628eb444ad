"""Functions and objects that the model never saw, and the calls and values that are right."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_artifacts.training.conversations import Message

HELD_OUT_CALLS = Path(__file__).with_name("held_out_calls.toml")

_LINE = re.compile(r"(?P<name>\w+)\((?P<parameter>\w+)\): (?P<description>.+)")


@dataclass(frozen=True)
class Request:
    """A question, with the fields that a client sends along.

    Attributes:
        question: The question.
        fields: Further fields of the request.
        expected: The answer, or the call as `name {arguments}`.
    """

    question: str
    fields: dict[str, Any]
    expected: str

    @property
    def chat(self) -> tuple[Message, ...]:
        """The messages."""
        return (Message("user", self.question),)


def read_calls(choice: str, path: Path = HELD_OUT_CALLS) -> Iterator[Request]:
    """Yield questions with functions, of which one is to be called.

    Args:
        choice: `tool_choice` of the request: auto or required.
        path: The file.
    """
    for told in tomllib.loads(path.read_text(encoding="utf-8"))["call"]:
        tools = [_tool(line) for line in told["functions"]]
        yield Request(told["question"], {"tools": tools, "tool_choice": choice}, told["calls"])


def read_objects(path: Path = HELD_OUT_CALLS) -> Iterator[Request]:
    """Yield questions for an object of one value, which a schema describes."""
    for told in tomllib.loads(path.read_text(encoding="utf-8"))["object"]:
        schema = {
            "type": "object",
            "properties": {told["key"]: {"type": "string"}},
            "required": [told["key"]],
            "additionalProperties": False,
        }
        form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        expected = f'{{"{told["key"]}": "{told["value"]}"}}'
        yield Request(told["question"], {"response_format": form}, expected)


def _tool(line: str) -> dict[str, Any]:
    """Return OpenAI's form of a function that stands as `name(parameter): description`."""
    found = _LINE.fullmatch(line)
    if not found:
        raise ValueError(f"{line!r} is no name(parameter): description")
    parameters = {
        "type": "object",
        "properties": {found["parameter"]: {"type": "string"}},
        "required": [found["parameter"]],
    }
    return {
        "type": "function",
        "function": {
            "name": found["name"],
            "description": found["description"],
            "parameters": parameters,
        },
    }
