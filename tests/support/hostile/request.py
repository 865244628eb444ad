"""Requests that have to be refused, and their making.

Bodies are JSON text: some hold what Python would not write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MODEL = "twin"
QUESTION = [{"role": "user", "content": "What is an endpoint?"}]


@dataclass(frozen=True)
class Hostile:
    """A request that has to be refused.

    Attributes:
        name: Says the attack.
        body: The JSON that is sent.
        param: The field that the refusal names; None where the whole body is at fault.
        route: The path that the request is sent to.
    """

    name: str
    body: str
    param: str | None
    route: str = "/v1/chat/completions"

    def for_model(self, model: str) -> bytes:
        """Return the body for a model of another name."""
        return self.body.replace(f'"{MODEL}"', json.dumps(model), 1).encode()


def chat(name: str, param: str | None, **fields: Any) -> Hostile:
    body = {"model": MODEL, "messages": QUESTION, "max_tokens": 4, **fields}
    return Hostile(name, json.dumps(body), param)


def schema(name: str, value: Any) -> Hostile:
    """A schema as a response format."""
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": value}}
    return chat(name, "response_format.json_schema.schema", response_format=wanted)


def pattern(name: str, value: str) -> Hostile:
    return schema(name, {"type": "string", "pattern": value})


def tool(parameters: Any, name: str = "f") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def part(name: str, param: str, **content: Any) -> Hostile:
    said = [{"role": "user", "content": [{"type": "text", "text": "?"}, content]}]
    return chat(name, f"messages[0].content[1]{param}", messages=said)


def response(name: str, param: str | None, **fields: Any) -> Hostile:
    body = {"model": MODEL, "input": "What is an endpoint?", "max_output_tokens": 4, **fields}
    return Hostile(name, json.dumps(body), param, "/v1/responses")


def raw(name: str, param: str | None, extra: str) -> Hostile:
    """A body with a member that no writer of JSON makes."""
    start = json.dumps({"model": MODEL, "messages": QUESTION})[:-1]
    return Hostile(name, f"{start}, {extra}}}", param)


def nested(levels: int, around: str = "a") -> Any:
    value: Any = {"type": "string"}
    for _ in range(levels):
        value = {"type": "object", "properties": {around: value}}
    return value


WEDGE = "^((a{0,1000}){0,1000}){0,1000}$"
"""The pattern that kept llama.cpp from all callers for minutes after its own had left."""
