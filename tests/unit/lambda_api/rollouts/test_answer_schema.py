"""Answers held against JSON schemas."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_api.rollouts.answer_schema import check_schema, schema_problem


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "text"}, r"must be a JSON schema: \$\.type"),
        ({"$ref": "https://a.example/b"}, "must be '#'"),
        ({"minLength": 10**6}, "minLength must be between"),
    ],
)
def test_a_schema_that_none_can_be_held_against_is_refused(
    schema: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_schema(schema)


@pytest.mark.parametrize(
    ("schema", "answer", "problem"),
    [
        ({"required": ["city"]}, '{"city": "Paris"}', None),
        ({"required": ["city"]}, '{"town": "Paris"}', "'city' is a required property"),
        ({"properties": {"n": {"maximum": 3}}}, '{"n": 4}', "$.n: 4 is greater than"),
        ({}, "Paris", "must be JSON"),
        ({}, "[" * 100_000, "must be JSON"),
        ({"$dynamicRef": "https://a.example/b"}, "1", "leads nowhere"),
    ],
)
def test_an_answer_is_held_against_a_schema(
    schema: dict[str, Any], answer: str, problem: str | None
) -> None:
    found = schema_problem(schema, answer)
    assert found is None if problem is None else problem in str(found)
