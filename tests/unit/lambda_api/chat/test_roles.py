"""One rule for roles, whichever API a message came through."""

from __future__ import annotations

import json

import pytest

from lambda_api.chat.roles import known_role
from lambda_api.chat.schemas import ChatCompletionRequest


@pytest.mark.parametrize("role", ["system", "user", "assistant", "tool", "function"])
def test_roles_that_templates_know_stay(role):
    assert known_role(role) == role


def test_the_engine_gets_a_developers_message_as_the_systems():
    said = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "hi"}]
    asked = ChatCompletionRequest.model_validate({"model": "twin", "messages": said})

    assert json.loads(asked.payload())["messages"] == [said[0] | {"role": "system"}, said[1]]


def messages(*said):
    """What the engine gets."""
    asked = ChatCompletionRequest.model_validate({"model": "twin", "messages": list(said)})
    return json.loads(asked.payload())["messages"]


SYSTEM = {"role": "system", "content": "a"}
DEVELOPER = {"role": "developer", "content": "b"}
USER = {"role": "user", "content": "hi"}
PARTS = {"role": "system", "content": [{"type": "text", "text": "c"}] * 2}
CACHED = {"role": "system", "content": [{"type": "text", "text": "c", "cache_control": {}}]}
NAMED = {"role": "system", "content": "d", "name": "n", "refusal": None}
PICTURE = {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}
MARKED = {"role": "system", "content": "e", "prefix": True}


def test_instructions_at_the_beginning_are_one_message():
    assert messages(SYSTEM, DEVELOPER, SYSTEM, USER) == [
        {"role": "system", "content": "a\n\nb\n\na"},
        USER,
    ]
    assert messages(SYSTEM, DEVELOPER) == [{"role": "system", "content": "a\n\nb"}]
    assert messages(PARTS, SYSTEM, PARTS) == [{"role": "system", "content": "c\nc\n\na\n\nc\nc"}]


@pytest.mark.parametrize("other", [CACHED, NAMED])
def test_what_reaches_no_model_keeps_no_instruction_apart(other):
    both = [messages(SYSTEM, other), messages(other, SYSTEM)]
    assert [len(said) for said in both] == [1, 1]
    assert "a" in both[0][0]["content"]


@pytest.mark.parametrize(
    "said",
    [[USER], [SYSTEM, USER], [SYSTEM, USER, SYSTEM], [PARTS, USER], [SYSTEM, PICTURE]],
)
def test_other_conversations_stay(said):
    assert messages(*said) == said


def test_a_message_with_more_than_text_stays_apart():
    assert messages(SYSTEM, MARKED, USER) == [SYSTEM, MARKED, USER]
