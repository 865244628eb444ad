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
