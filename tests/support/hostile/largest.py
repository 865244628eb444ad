"""Requests at the bounds: the most that a caller may ask an engine to compile or to make."""

from __future__ import annotations

from typing import Any

from lambda_api.admission import bounds
from tests.support.hostile.request import Hostile, chat, nested, pattern, schema, tool


def _properties(count: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {f"property_{n}": {"type": "string"} for n in range(count)},
        "additionalProperties": False,
        **more,
    }


_required = [f"property_{n}" for n in range(bounds.SCHEMA_OBJECT)]
_chain = {f"d{n}": {"type": "array", "items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(90)}
_lists: dict[str, Any] = {"type": "string", "maxLength": 2_000}
for _ in range(8):
    _lists = {"type": "array", "items": _lists, "minItems": 1, "maxItems": bounds.SCHEMA_ITEMS}

LARGEST: tuple[Hostile, ...] = (
    pattern("one long repetition", f"^a{{0,{bounds.PATTERN_ATOMS - 2}}}$"),
    pattern("repetitions in repetitions", "^((a{1,10}){1,10}){1,10}$"),
    pattern("ambiguous repetitions", "^((a+)+)+$"),
    pattern("alternatives that begin alike", f"^({'|'.join(['a'] * 50)})+b$"),
    pattern("optional characters side by side", "^" + "a?" * 75 + "b{64}$"),
    pattern("groups in groups", "^" + "(" * 16 + "a" + ")?" * 16 + "$"),
    schema("every enum member", {"enum": [f"member {n}" for n in range(bounds.SCHEMA_ENUM)]}),
    schema("every property, optional", _properties(bounds.SCHEMA_OBJECT)),
    schema("every property, required", _properties(bounds.SCHEMA_OBJECT, required=_required)),
    schema(
        "every alternative",
        {"anyOf": [_properties(3, title=str(n)) for n in range(bounds.SCHEMA_ALTERNATIVES)]},
    ),
    schema("every level", nested(bounds.SCHEMA_DEPTH // 2 - 1)),
    schema("a path through references", {"$ref": "#/$defs/d0", "$defs": _chain | {"d90": {}}}),
    schema("lists in lists", _lists),
    schema("a text of every length", {"type": "string", "maxLength": bounds.SCHEMA_LENGTH}),
    schema(
        "a tree",
        {
            "$ref": "#/$defs/tree",
            "$defs": {
                "tree": {
                    "type": "object",
                    "properties": {n: {"$ref": "#/$defs/tree"} for n in "abcdefgh"},
                }
            },
        },
    ),
    chat(
        "every tool",
        None,
        tools=[tool(_properties(15), f"tool_{n}") for n in range(bounds.TOOLS)],
        tool_choice="required",
    ),
    chat("every answer", None, n=4, max_tokens=bounds.TOKENS_OF_ALL_CHOICES // 4),
    chat("every stop", None, stop=[f"{n}" * 120 for n in range(bounds.STOPS)], max_tokens=500),
    chat(
        "every bias",
        None,
        logit_bias={str(n): 1 for n in range(bounds.LOGIT_BIASES)},
        max_tokens=500,
    ),
    chat("every logprob", None, logprobs=True, top_logprobs=bounds.TOP_LOGPROBS, max_tokens=500),
    chat("a long answer", None, max_tokens=bounds.TOKENS, ignore_eos=True),
)
