"""Schemas that are compiled, and those that are not."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from lambda_api.admission import bounds
from lambda_api.admission.schema import SchemaBudget
from lambda_api.errors import InvalidRequestError
from tests.support.hostile.request import WEDGE


def check(schema):
    SchemaBudget().check(schema, "s")


def refusal(schema) -> str:
    with pytest.raises(InvalidRequestError) as raised:
        check(schema)
    assert raised.value.param == "s"
    return raised.value.message


class Node(BaseModel):
    name: str
    children: list[Node]
    parent: Node | None = None


TREE = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}
SEEMING = {"properties": {"$ref": {"type": "string"}, "pattern": {}, "enum": {}, "maxItems": {}}}


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        TREE,
        SEEMING,
        Node.model_json_schema(),
        {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "maxLength": 100_000},
        {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 100},
        {"enum": ["((((", {"$ref": "gone"}], "default": ["((("]},
        {"$defs": {"a/b~c": {"type": "string"}}, "$ref": "#/$defs/a~1b~0c"},
        {"anyOf": [{"type": "string"}, {"$ref": "#/anyOf/0"}]},
        {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"properties": {"b": {"$ref": "#"}}}}},
        {"$defs": {"any": True}, "properties": {"x": {"$ref": "#/$defs/any"}}},
    ],
)
def test_schemas_of_every_day_pass(schema):
    check(schema)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ("x", "must be an object"),
        ({"pattern": WEDGE}, "can match nothing"),
        ({"items": [{"not": {"pattern": WEDGE}}]}, "can match nothing"),
        ({"patternProperties": {"(": {}}}, "group open"),
        ({"$ref": "#"}, "leads back to itself"),
        ({"anyOf": [{"allOf": [{"$ref": "#"}]}]}, "leads back to itself"),
        ({"if": {"$ref": "#"}}, "leads back to itself"),
        ({"$ref": "x.json"}, "must be '#'"),
        ({"$ref": "#anchor"}, "must be '#'"),
        ({"$ref": "#/x"}, "leads to no schema"),
        ({"$ref": "#/$defs/5", "$defs": [{}]}, "leads to no schema"),
        ({"items": {}, "maxItems": -1}, "between 0 and 2000, got -1"),
        ({"items": {}, "maxItems": float("inf")}, "out of range"),
        ({"minLength": "x"}, "minLength must be between 0 and 100000"),
        ({"description": "\ud800"}, "is no text"),
    ],
)
def test_what_cannot_be_compiled_in_bounds_is_refused(schema, problem):
    assert problem in refusal(schema)


def of_objects(properties: int) -> dict:
    """Objects of at most 500 properties that have so many together."""
    names = [f"p{n}" for n in range(properties)]
    objects = [names[at : at + 500] for at in range(0, properties, 500)]
    return {"prefixItems": [{"properties": {name: {} for name in some}} for some in objects]}


def chain(length: int) -> dict:
    definitions = {f"d{n}": {"items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(length)}
    return {"$ref": "#/$defs/d0", "$defs": definitions | {f"d{length}": {}}}


@pytest.mark.parametrize(
    ("most", "schema"),
    [
        (bounds.SCHEMA_PROPERTIES, lambda n: of_objects(n)),
        (bounds.SCHEMA_OBJECT, lambda n: {"properties": {f"p{k}": {} for k in range(n)}}),
        (bounds.SCHEMA_ENUM, lambda n: {"enum": list(range(n))}),
        (bounds.SCHEMA_ALTERNATIVES, lambda n: {"anyOf": [{"const": k} for k in range(n)]}),
        (bounds.SCHEMA_REFERENCES, lambda n: {"items": [{"$ref": "#/$defs"}] * n, "$defs": {}}),
        (bounds.SCHEMA_BYTES - 18, lambda n: {"description": "x" * n}),
        (bounds.SCHEMA_ITEMS, lambda n: {"maxItems": n}),
        (bounds.SCHEMA_LENGTH, lambda n: {"maxLength": n}),
        (bounds.PATTERN_ATOMS, lambda n: {"pattern": f"a{{{n}}}"}),
    ],
)
def test_each_bound_holds_from_its_value_on(most, schema):
    check(schema(most))
    refusal(schema(most + 1))


def test_depth_is_bounded_before_anything_else_reads():
    deep: dict = {}
    for _ in range(100_000):
        deep = {"not": deep}

    assert "nested deeper" in refusal(deep)


def test_a_path_through_references_is_bounded():
    check(chain(60))

    assert "by its $refs" in refusal(chain(300))


def test_references_that_double_are_found_without_following_each():
    twice = {
        f"d{n}": {"properties": {k: {"$ref": f"#/$defs/d{n + 1}"} for k in "ab"}} for n in range(40)
    }

    assert "with its $refs replaced" in refusal(
        {"$ref": "#/$defs/d0", "$defs": twice | {"d40": {}}}
    )


def test_a_chain_of_alternatives_is_walked_once():
    """Each of 60 leads to all that follow."""
    definitions = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(60)}
    check(
        {
            "anyOf": [{"$ref": f"#/$defs/d{n}"} for n in range(60)],
            "$defs": definitions | {"d60": {}},
        }
    )
