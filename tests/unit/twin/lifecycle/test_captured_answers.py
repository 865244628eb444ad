"""Captured answers: read from SageMaker's lines, paired by request, and compared."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from twin.lifecycle.captured_answers import (
    Agreement,
    answer_text,
    captured_answers,
    normalised,
)


def line(key: str | None, content: bytes, encoding: str = "BASE64") -> bytes:
    data = base64.b64encode(content).decode() if encoding == "BASE64" else content.decode()
    output = {"data": data, "encoding": encoding, "mode": "OUTPUT", "observedContentType": ""}
    metadata = {"eventId": "e", **({"inferenceId": key} if key else {})}
    document = {"captureData": {"endpointOutput": output}, "eventMetadata": metadata}
    return json.dumps(document).encode()


def whole(text: str, **message: Any) -> bytes:
    return json.dumps({"choices": [{"index": 0, "message": {"content": text, **message}}]}).encode()


STREAMED = (
    b"".join(
        b"data: %b\n\n" % json.dumps({"choices": choices}).encode()
        for choices in (
            [{"index": 0, "delta": {"role": "assistant", "content": None}}],
            [{"index": 0, "delta": {"content": "An "}}],
            [{"index": 0, "delta": {"content": "endpoint"}}],
            [],
        )
    )
    + b"data: [DONE]\n\n"
)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (whole("An endpoint"), "An endpoint"),
        (STREAMED, "An endpoint"),
        (b'{"choices": [{"index": 0, "text": "An endpoint"}]}', "An endpoint"),
        (
            whole("", tool_calls=[{"id": "x", "function": {"name": "f", "arguments": "{}"}}]),
            "f{}",
        ),
    ],
)
def test_an_answer_is_read_whole_or_streamed(content: bytes, text: str) -> None:
    assert answer_text(content) == text


def test_lines_without_an_id_or_a_completion_are_left_out() -> None:
    lines = [
        line("a", whole("one")),
        line("b", whole("two"), "JSON"),
        line(None, whole("three")),
        line("c", b"[]"),
        line("d", b"no JSON"),
    ]
    assert captured_answers(lines) == {"a": "one", "b": "two"}


def test_pairs_are_compared_by_a_hand_worked_example() -> None:
    serving = {"1": "Yes.", "2": "An  endpoint", "3": "four", "unpaired": "x"}
    shadow = {"1": "Yes.", "2": "an endpoint", "3": "five!!"}
    assert Agreement.of(serving, shadow) == Agreement(
        pairs=3,
        serving_characters=(4 + 12 + 4) / 3,
        shadow_characters=(4 + 11 + 6) / 3,
        equal=1 / 3,
        equal_normalised=2 / 3,
    )
    assert Agreement.of(serving, {}).pairs == 0


def test_what_no_reader_sees_is_no_difference() -> None:
    assert normalised("An\u00a0 Endpoint\n") == normalised("an endpoint")
