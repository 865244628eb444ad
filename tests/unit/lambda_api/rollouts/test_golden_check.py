"""Checks of a version by its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_api.rollouts.golden_check import (
    Expectation,
    GoldenFileError,
    allowed_seconds,
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


def test_what_does_not_fit_a_slice_is_left_for_the_next() -> None:
    checks = parse_golden(line(equals="yes") * 10 + line(equals="no") * 10)
    now = [0.0]

    def ask(_request: dict[str, Any]) -> str:
        now[0] += 10
        return "yes"

    result, slices = None, 0
    while result is None or result.asked is not None:
        before = 0 if result is None else result.asked or 0
        result = run_golden(checks, ask, so_far=result, seconds=30, clock=lambda: now[0])
        slices += 1
        assert result.asked is None or result.asked > before
        assert result.passed == min(10, result.asked or 20)
    assert slices >= 3
    assert (result.passed, result.total, len(result.failures)) == (10, 20, 5)
    assert result.failures[0].startswith("check 11: ")
    assert result.seconds >= 200


def test_a_slice_without_time_asks_one_question() -> None:
    result = run_golden(parse_golden(line(equals="yes") * 3), lambda _: "yes", seconds=0)
    assert (result.asked, result.passed, str(result)) == (1, 1, "1 of 1 held, 2 not asked")


def test_the_time_that_checks_allow_themselves_is_shared_by_four() -> None:
    assert allowed_seconds(parse_golden(line(max_seconds=600) * 8 + line(contains="x"))) == 1200


def test_an_answer_without_text_is_empty() -> None:
    assert text_of(b'{"choices": [{"message": {"content": null}}]}') == ""
    assert text_of(b'{"choices": [{"message": {"content": "yes"}}]}') == "yes"
