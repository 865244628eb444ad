from __future__ import annotations

import json

import pytest

from lambda_api.chat.schemas import Message
from lambda_api.errors import EngineError, ServiceError
from lambda_api.retrieval.rewriting import ModelRewrite, Stop

SAID = [
    Message(role="system", content="be kind"),
    Message(role="user", content="When does the library close?"),
    Message(role="assistant", content="At nine."),
    Message(role="user", content="And on Sundays?"),
]


def test_the_model_is_asked_for_one_sentence(service, upstream):
    said = {"message": {"role": "assistant", "content": " Library hours on Sundays "}}
    upstream.answer = json.dumps({"choices": [said]}).encode()
    assert ModelRewrite(service)(SAID, Stop()) == "Library hours on Sundays"
    asked = json.loads(upstream.payloads[0])
    assert asked["messages"][1]["content"].endswith("assistant: At nine.\n\nuser: And on Sundays?")
    assert asked["max_tokens"] == 48


def test_an_answer_that_is_none(service, upstream):
    upstream.answer = b"{}"
    with pytest.raises(EngineError):
        ModelRewrite(service)(SAID, Stop())


def test_the_text_of_parts_is_read_too(service, upstream):
    parts = [
        {"type": "text", "text": "And this one?"},
        {"type": "image_url", "image_url": {"url": "data:x"}},
    ]
    upstream.answer = json.dumps({"choices": [{"message": {"content": "x"}}]}).encode()
    ModelRewrite(service)([*SAID[:3], Message(role="user", content=parts)], Stop())
    asked = json.loads(upstream.payloads[0])["messages"][1]["content"]
    assert asked.endswith("assistant: At nine.\n\nuser: And this one?")


def test_a_rewrite_that_is_stopped_ends_its_stream(service, says):
    """Before it is open as well as after: the engine's one slot is the answer's."""
    for stops_first in (True, False):
        stop, stream = Stop(), says(b'data: {"choices": []}\n\n')
        if stops_first:
            stop.give()
        with pytest.raises(ServiceError):
            ModelRewrite(service)(SAID, stop)
        closed = stream.closed
        stop.give()
        assert closed == (2 if stops_first else 1)
        assert stream.closed > 1
