"""What is read in an engine's JSON."""

from __future__ import annotations

import json

import pytest

from lambda_api.engine.json_fields import engine_message


@pytest.mark.parametrize(
    "raw",
    [
        {"error": {"message": "context too long", "type": "BadRequestError", "code": 400}},
        {"object": "error", "message": "context too long"},
        {"error": "context too long", "error_type": "validation"},
        {"detail": "context too long"},
    ],
)
def test_the_engines_own_sentence_is_found(raw):
    assert engine_message(json.dumps(raw)) == "context too long"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("plain text", "plain text"),
        ("", "the model refused the request"),
        ("[1, 2]", "[1, 2]"),
        ("x" * 9000, "x" * 2000),
    ],
)
def test_any_other_body_is_quoted_within_bounds(raw, message):
    assert engine_message(raw) == message
