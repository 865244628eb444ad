"""Schemas and patterns that cost an engine minutes, or its process."""

from __future__ import annotations

from tests.support.hostile.request import WEDGE, chat, nested, pattern, response, schema, tool

_DOUBLING = {
    f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]}
    for n in range(30)
} | {"d30": {"type": "string"}}


SCHEMAS = (
    pattern("repetitions inside repetitions", WEDGE),
    pattern("one repetition too large", "^a{0,100000}$"),
    pattern("a repetition of many digits", "^a{99999999999999999999}$"),
    pattern("a star on what may be empty", "^(a*)*$"),
    pattern("a star on an empty alternative", "^(a|)*$"),
    pattern("60,000 parentheses", "(" * 60_000 + "a" + ")" * 60_000),
    pattern("parentheses, short but deep", "(" * 200 + "a" + ")" * 200),
    pattern("a group left open", "^(a"),
    pattern("a class left open", "^[a"),
    pattern("a reference back", r"^(a+)\1$"),
    pattern("many repetitions side by side", "^" + "a{0,90}" * 100 + "$"),
    schema("a pattern as a key", {"type": "object", "patternProperties": {WEDGE: {}}}),
    schema(
        "a pattern hidden in a list of lists",
        {"anyOf": [{"items": {"type": "string", "pattern": WEDGE}}]},
    ),
    schema("an enum of 100,000 members", {"enum": [str(n) for n in range(100_000)]}),
    schema(
        "10,000 properties", {"type": "object", "properties": {f"p{n}": {} for n in range(10_000)}}
    ),
    schema("200 levels", nested(100)),
    schema("a list of a million", {"type": "array", "items": {}, "minItems": 1_000_000}),
    schema("a list of 1e999", {"type": "array", "items": {}, "maxItems": 10**400}),
    schema("a text of a billion", {"type": "string", "minLength": 10**9}),
    schema("10,000 alternatives", {"anyOf": [{"const": n} for n in range(10_000)]}),
    schema("itself and nothing else", {"$ref": "#"}),
    schema("itself through allOf", {"allOf": [{"$ref": "#"}]}),
    schema(
        "two that are each other",
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    ),
    schema("2**30 through references", {"$ref": "#/$defs/d0", "$defs": _DOUBLING}),
    schema("a reference to another host", {"$ref": "http://169.254.169.254/latest/meta-data"}),
    schema("a reference to a file", {"$ref": "file:///etc/passwd"}),
    schema("a reference to nothing", {"$ref": "#/$defs/gone"}),
    schema("300 KB", {"description": "x" * 300_000}),
    schema("no schema", "grammar"),
)


TOOLS = (
    chat("a wedge in a tool", "tools[0].function.parameters", tools=[tool({"pattern": WEDGE})]),
    chat("1,000 tools", "tools", tools=[tool({}, f"f{n}") for n in range(1_000)]),
    chat(
        "tools that are too much together",
        "tools[2].function.parameters",
        tools=[tool({"enum": list(range(400))}, f"f{n}") for n in range(5)],
    ),
    chat("tools that are no list", "tools", tools="x"),
    chat(
        "a tool without a name",
        "tools[0].function.name",
        tools=[{"type": "function", "function": {}}],
    ),
    chat("a tool with a long name", "tools[0].function.name", tools=[tool({}, "f" * 1_000)]),
    chat("a tool with a name of markup", "tools[0].function.name", tools=[tool({}, "<|end|>")]),
    chat(
        "the older functions",
        "functions[0].parameters",
        functions=[{"name": "f", "parameters": {"pattern": WEDGE}}],
    ),
    chat(
        "a field inside a tool",
        "tools[0].function.grammar",
        tools=[{"type": "function", "function": {"name": "f", "grammar": "x"}}],
    ),
    chat("a choice of no tool", "tool_choice", tool_choice="all"),
)


RESPONSES = (
    response(
        "the wedge as a response",
        "text.format.schema",
        text={
            "format": {
                "type": "json_schema",
                "name": "x",
                "schema": {"type": "string", "pattern": WEDGE},
            }
        },
    ),
    response(
        "a wedge in a response's tool",
        "tools[0].parameters",
        tools=[{"type": "function", "name": "f", "parameters": {"pattern": WEDGE}}],
    ),
    response("a grammar for a response", "grammar", grammar="root ::= x"),
    response(
        "a response of 10,000 messages", "input", input=[{"role": "user", "content": "x"}] * 10_000
    ),
    response("a response beyond 32 bits", "max_output_tokens", max_output_tokens=2**40),
)
