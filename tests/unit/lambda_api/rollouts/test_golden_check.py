"""Checks of a version by its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_api.rollouts.golden_check import (
    Expectation,
    GoldenFileError,
    parse_golden,
    run_golden,
    text_of,
)


def line(**expect: Any) -> bytes:
    messages = [{"role": "user", "content": "?"}]
    return json.dumps({"messages": messages, "expect": expect}).encode() + b"\n"


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ({"equals": "Paris"}, True),
        ({"equals": "paris"}, False),
        ({"contains": "ari"}, True),
        ({"contains": "Rome"}, False),
        ({"not_contains": "Rome"}, True),
        ({"not_contains": "Par"}, False),
        ({"matches": "^P.*s"}, True),
        ({"matches": "^R"}, False),
        ({"max_seconds": 2}, True),
        ({"max_seconds": 1}, False),
        ({"contains": "Par", "matches": "x"}, False),
        ({"json_schema": {}}, False),
    ],
)
def test_a_condition_holds_or_says_what_was_got(expect: dict[str, Any], holds: bool) -> None:
    problem = Expectation.model_validate(expect).problem("Paris ", 1.5)
    assert (problem is None) is holds


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got 0 checks"),
        (line(contains="x") + b"{", "line 2"),
        (line(), "line 1: expect: .* at least one condition"),
        (line(matches="("), "line 1: expect.matches: .* regular expression"),
        (line(sounds="nice"), "line 1: expect.sounds"),
        (line(json_schema={"type": "text"}), "line 1: expect.json_schema: .* JSON schema: .*type"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(content: bytes, message: str) -> None:
    with pytest.raises(GoldenFileError, match=message):
        parse_golden(content)


def test_all_are_asked_the_same_way_and_failures_are_counted() -> None:
    asked: list[dict[str, Any]] = []

    def ask(request: dict[str, Any]) -> str:
        asked.append(request)
        if len(asked) == 1:
            raise TimeoutError("no bytes")
        return "yes"

    result = run_golden(parse_golden(line(equals="yes") * 3), ask)
    assert (result.passed, result.total, len(result.failures)) == (2, 3, 1)
    assert "TimeoutError" in result.failures[0]
    assert {(r["temperature"], r["seed"], r["max_tokens"]) for r in asked} == {(0, 0, 64)}


def test_an_answer_without_text_is_empty() -> None:
    assert text_of(b'{"choices": [{"message": {"content": null}}]}') == ""
    assert text_of(b'{"choices": [{"message": {"content": "yes"}}]}') == "yes"
