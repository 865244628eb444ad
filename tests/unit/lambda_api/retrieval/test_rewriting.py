from __future__ import annotations

import json

import pytest

from lambda_api.chat.schemas import Message
from lambda_api.errors import EngineError
from lambda_api.retrieval.rewriting import ModelRewrite

SAID = [
    Message(role="system", content="be kind"),
    Message(role="user", content="When does the library close?"),
    Message(role="assistant", content="At nine."),
    Message(role="user", content="And on Sundays?"),
]


def test_the_model_is_asked_for_one_sentence(service, upstream):
    said = {"message": {"role": "assistant", "content": " Library hours on Sundays "}}
    upstream.answer = json.dumps({"choices": [said]}).encode()
    assert ModelRewrite(service)(SAID) == "Library hours on Sundays"
    asked = json.loads(upstream.payloads[0])
    assert asked["messages"][1]["content"].endswith("assistant: At nine.\n\nuser: And on Sundays?")
    assert asked["max_tokens"] == 48


def test_an_answer_that_is_none(service, upstream):
    upstream.answer = b"{}"
    with pytest.raises(EngineError):
        ModelRewrite(service)(SAID)
